export { type AppOptions, createApp } from "./app.ts";
export { inProcess, type LabClient } from "./lab-client.ts";
export { type RunningServer, type ServerOptions, startServer } from "./start-server.ts";
