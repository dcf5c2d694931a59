import type { Palette } from "../text/palette.ts";

/** How text for people is set. */
export interface Look {
  readonly palette: Palette;
  readonly width: number;
}

/** Tables that hide what is the same in every column unless asked. */
export interface TableLook extends Look {
  readonly all: boolean;
}
