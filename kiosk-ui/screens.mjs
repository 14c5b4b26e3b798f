// The screens, each a page of its own with its own script: a screen that runs for
// months on a cheap panel must not carry the code of the others.
export const screens = ['kiosk', 'board', 'bay', 'desk', 'office'];

// Budgets in bytes of gzipped JavaScript, for the screens that customers wait for.
export const budgets = { kiosk: 35 * 1024, board: 16 * 1024 };

// Pages that are one file each, so that they can be kept and opened without a
// server: script and style lie inside, and their policy names both by hash.
export const single = ['verify'];

// Bytes of a whole page.
export const singleBudgets = { verify: 60 * 1000 };
