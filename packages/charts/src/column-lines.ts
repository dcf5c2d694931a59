/** A column's spelling broken where people read it: `kvm@6.1`, `qemu@8.2`, `Skylake-Client`, `xsaves=on`; of a stack also `//vmware@17`. */
export function columnLines(column: string): string[] {
  return column.split(/(?=\/\/)|\+|(?<!\/)\/(?!\/)/).filter((part) => part !== "");
}
