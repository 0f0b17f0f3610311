/** The list of the server's images, and where to type the address of a store. */
import type { Listed, Server } from "../client/http.ts";
import { readableBytes } from "../view/status.ts";
import { element } from "./dom.ts";

const THUMBNAIL_PIXELS = 128;

export class ImageList {
  readonly root = element("nav", { "aria-label": "Images" });
  private readonly buttons = new Map<string, HTMLButtonElement>();

  constructor(
    private readonly server: Server,
    private readonly open: (name: string) => void,
    private readonly prepare: () => void,
  ) {}

  fill(images: readonly Listed[]): void {
    this.buttons.clear();
    for (const image of images) {
      // Two images of one title are told apart by where they lie.
      const alone = images.every(({ name, title }) => name === image.name || title !== image.title);
      this.buttons.set(image.name, this.button(image, alone ? image.title : image.name));
    }
    const items = [...this.buttons.values()].map((button) => element("li", {}, button));
    const none = items.length === 0 ? [element("p", {}, "No images here yet.")] : [];
    this.root.replaceChildren(element("h1", {}, "ziggurat"), element("ul", {}, ...items), ...none, this.addressForm());
  }

  fail(message: string): void {
    const said = message === "" ? [] : [element("p", { role: "alert" }, message)];
    this.root.replaceChildren(element("h1", {}, "ziggurat"), ...said, this.addressForm());
  }

  mark(name: string | undefined): void {
    for (const [own, button] of this.buttons) {
      if (own === name) {
        button.setAttribute("aria-current", "true");
        button.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else button.removeAttribute("aria-current");
    }
  }

  private addressForm(): HTMLFormElement {
    const address = element("input", { type: "url", required: true, placeholder: "https://…/image.zarr", "aria-label": "Address of a store" });
    const submit = (event: SubmitEvent): void => {
      event.preventDefault();
      this.open(address.value.trim());
    };
    const go = element("button", { type: "submit", title: "Open an OME-Zarr store made by ziggurat, wherever it lies" }, "Open");
    return element("form", { class: "address", submit }, address, go);
  }

  private button({ name, shape, dtype, nbytes }: Listed, title: string): HTMLButtonElement {
    const picture = element("img", { src: this.server.thumbnail(name, THUMBNAIL_PIXELS), alt: "", loading: "lazy" });
    const size = element("small", {}, shape.join(" × "));
    const kind = element("small", {}, `${dtype}, ${readableBytes(nbytes)}`);
    // Names may be broken where people join words.
    const text = element("span", {}, element("strong", {}, title.replaceAll("_", "_\u200b")), size, kind);
    return element("button", { type: "button", title: name, click: () => this.open(name), pointerenter: this.prepare, focus: this.prepare }, picture, text);
  }
}
