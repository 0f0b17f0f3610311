/** Hatches the damaged chunks of the level that is shown. */
import type { Damage } from "../view/damage.ts";
import type { Viewer } from "../view/viewer.ts";
import { element } from "./dom.ts";

export class DamageOverlay {
  readonly root = element("div", { class: "damage" });

  update(viewer: Viewer): void {
    const damages = viewer.damageOnScreen();
    if (damages.length === 0 && this.root.childElementCount === 0) return;
    this.root.replaceChildren(...damages.map(hatched));
  }
}

function hatched({ key, message, top, left, height, width }: Damage): HTMLElement {
  const mark = element("div", { role: "img", "aria-label": `Damaged chunk ${key}: ${message}` });
  Object.assign(mark.style, { top: `${top}px`, left: `${left}px`, height: `${height}px`, width: `${width}px` });
  return mark;
}
