export { type AppOptions, createApp } from "./app.ts";
export { type ExportOptions, exportSite } from "./export-site.ts";
export { inProcess, type LabClient } from "./lab-client.ts";
export { type RunningServer, type ServerOptions, startServer } from "./start-server.ts";
