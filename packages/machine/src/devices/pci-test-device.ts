/** How the test device is reached. */
export type TestAccess = "mmio" | "portio";

const TESTS = ["no-eventfd", "wildcard-eventfd", "datamatch-eventfd"] as const;

const WIDTH = 1;
const DATA_TO_MATCH = 0xfa;
const DATA_OF_NO_MATCH = 0xce;
const TARGETS: Readonly<Record<TestAccess, number>> = { mmio: 2048, portio: 128 };

/** Fields of the header that the device shows for the test that is selected. */
const TEST_FIELD = 0;
const HEADER_BYTES = 16;

/**
 * QEMU's PCI test device: a header that names a test and the place to write to, and a counter of the writes that came there. Those of the
 * tests for event descriptors are taken by the host before they come, so that these counters stay 0.
 */
export class PciTestDevice {
  readonly state: { access: TestAccess; test: number; count: number } = { access: "mmio", test: -1, count: 0 };

  private get index(): number {
    return (this.state.access === "mmio" ? 0 : TESTS.length) + this.state.test;
  }

  /** Offset whose writes are counted. */
  private get target(): number {
    return TARGETS[this.state.access] + this.index * WIDTH;
  }

  private get header(): Uint8Array {
    const { access, test, count } = this.state;
    const name = `${access}-${TESTS[test]}`;
    const header = new Uint8Array(HEADER_BYTES + name.length + 1);
    const view = new DataView(header.buffer);
    header.set([this.index, WIDTH], TEST_FIELD);
    view.setUint32(4, this.target, true);
    header[8] = TESTS[test] === "wildcard-eventfd" ? DATA_OF_NO_MATCH : DATA_TO_MATCH;
    view.setUint32(12, count, true);
    for (let at = 0; at < name.length; at++) header[HEADER_BYTES + at] = name.charCodeAt(at);
    return header;
  }

  read(offset: number, size: number): number {
    if (this.state.test < 0) return 0;
    const { header } = this;
    let value = 0;
    for (let at = 0; at < size; at++) value |= (header[offset + at] ?? 0) << (at * 8);
    return value;
  }

  write(access: TestAccess, offset: number, size: number, value: number): void {
    for (let at = 0; at < size; at++) this.writeByte(access, offset + at, (value >>> (at * 8)) & 0xff);
  }

  private writeByte(access: TestAccess, offset: number, value: number): void {
    const { state } = this;
    if (offset === TEST_FIELD) Object.assign(state, { access, test: value < TESTS.length ? value : -1, count: 0 });
    else if (TESTS[state.test] === "no-eventfd" && offset === this.target && value === DATA_TO_MATCH) state.count++;
  }
}
