/** hvdiff's version; part of every run id. */
export const VERSION = "0.1.0";
