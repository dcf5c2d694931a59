import { startDashboard } from "./dashboard.ts";

const container = document.getElementById("app");
if (container !== null) startDashboard(container);
