// Runs before the first paint, so that a chosen theme never flashes the other one.
const kept = (() => {
  try {
    return localStorage.getItem('modelvane-theme');
  } catch {
    return null; // storage is switched off: the system's choice then
  }
})();
if (kept === 'light' || kept === 'dark') document.documentElement.dataset.theme = kept;
