// What the staff do, as functions. Each waits until the screen shows that it is true.

const id = (scope, name) => scope.getByTestId(name);
const card = (page, ticket) => page.locator(`[data-testid=job][data-ticket="${ticket}"]`);
const LONG = 60_000;

/** Says who is at the screen: the first person of a role. */
export async function iAm(page, role) {
  const option = page.locator('[data-testid=who] option', { hasText: `· ${role}` }).first();
  await id(page, 'who').selectOption(await option.getAttribute('value'));
}

/** Opens a job's details at the desk, when it stands in the phase. */
export async function openJob(page, ticket, phase) {
  const it = phase ? page.locator(`[data-testid=job][data-ticket="${ticket}"][data-phase="${phase}"]`) : card(page, ticket);
  await it.waitFor({ timeout: LONG });
  if ((await it.getAttribute('aria-pressed')) !== 'true') await it.click();
  await page.locator(`[data-testid=detail][data-ticket="${ticket}"]`).waitFor();
}

/** Sends the car to a bay with the first technician as its lead. */
export async function assign(page, ticket, bay) {
  await iAm(page, 'SA');
  await openJob(page, ticket, 'handed_over');
  await id(page, 'bay').selectOption(bay);
  await id(page, 'lead').selectOption({ index: 1 });
  await id(page, 'do-assign').click();
  await page.locator(`[data-testid=job][data-ticket="${ticket}"][data-phase=dispatched]`).waitFor({ timeout: LONG });
}

/** Prices a raised extra item and records the customer's yes. */
export async function offerAndApprove(page, ticket, { price = '260', hours = 3 } = {}) {
  await openJob(page, ticket);
  const at = new Date(Date.now() + hours * 3_600_000);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  await id(page, 'price').fill(price);
  await id(page, 'new-time').fill(local);
  await id(page, 'do-offer').click();
  await id(page, 'do-approve').click({ timeout: LONG });
  await page.locator('[data-testid=extra][data-state=approved]').waitFor({ timeout: LONG });
}

/** Inspection passed, prepared, customer told, bill settled, gate pass issued. */
export async function toGatepass(page, ticket) {
  await openJob(page, ticket, 'done');
  for (const c of await page.locator('[data-testid^=check-k_]').all()) await c.check();
  for (const deed of ['do-pass', 'do-prepare', 'do-notify', 'do-settle', 'do-gatepass']) {
    const button = id(page, deed);
    await button.waitFor({ timeout: LONG });
    await button.click();
    await button.waitFor({ state: 'detached', timeout: LONG });
  }
  await id(page, 'has-gatepass').waitFor({ timeout: LONG });
}

/** Waits until the bay shows this car. */
export async function carInBay(page, ticket) {
  await page.locator('[data-testid=ticket]', { hasText: ticket }).waitFor({ timeout: LONG });
}

const press = async (page, deed) => {
  await page.locator(`[data-testid=do-${deed}]:not([disabled])`).waitFor({ timeout: LONG });
  await id(page, `do-${deed}`).click();
};
const phase = (page, name) => page.locator(`[data-testid=bay][data-phase=${name}]`).waitFor({ timeout: LONG });

/** Receives the car, and scans it: the codes that the screen then shows. */
export async function receiveAndScan(page, ticket) {
  await carInBay(page, ticket);
  await press(page, 'receive');
  await phase(page, 'received');
  return scan(page);
}

/** One scan to its end; `seen` is called while it runs. */
export async function scan(page, seen = async () => {}) {
  const before = await id(page, 'scan').getAttribute('data-scan');
  await press(page, 'scan');
  await page.locator(`[data-testid=scan]:not([data-scan="${before}"])`).waitFor({ timeout: LONG });
  await seen(page);
  await page.locator('[data-testid=scan][data-running=false]').waitFor({ timeout: 90_000 });
  return Promise.all((await page.getByTestId('code').all()).map((c) => c.getAttribute('data-code')));
}

export async function startWork(page) {
  await press(page, 'start');
  await phase(page, 'in_repair');
}

export async function raiseExtra(page, { safety = false } = {}) {
  await press(page, 'extra');
  await id(page, 'quick-x_pads').click();
  if (safety) await id(page, 'safety').click();
  await id(page, 'send').click();
  await id(page, 'ask-extra').waitFor({ state: 'detached', timeout: LONG });
}

export async function finishWork(page) {
  await press(page, 'finish');
  await id(page, 'quick-c_worn').click();
  await phase(page, 'done');
}
