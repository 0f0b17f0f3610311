/**
 * Everything the client can refuse, in one tree:
 *
 *     ZigguratError
 *     ├── ProtocolError      the server sent what docs/protocol.md does not allow
 *     ├── DescriptionError   the description of an image is not usable
 *     ├── RequestError       an HTTP request failed; `status` is its code, 0 if there was no answer
 *     ├── StoreError         a store cannot be read; `passing` where trying again may help
 *     └── DamagedError       the bytes of a chunk are not what was stored
 */
export class ZigguratError extends Error {
  override readonly name: string = "ZigguratError";
}

export class ProtocolError extends ZigguratError {
  override readonly name = "ProtocolError";
}

export class DescriptionError extends ZigguratError {
  override readonly name = "DescriptionError";
}

export class RequestError extends ZigguratError {
  override readonly name = "RequestError";
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export class StoreError extends ZigguratError {
  override readonly name = "StoreError";
  constructor(
    message: string,
    readonly passing = false,
  ) {
    super(message);
  }
}

export class DamagedError extends ZigguratError {
  override readonly name = "DamagedError";
}
