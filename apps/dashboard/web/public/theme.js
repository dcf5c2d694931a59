// Before the first paint, so that a page chosen dark never flashes light.
try {
  const theme = localStorage.getItem("hvdiff-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then the system's preference holds.
}
