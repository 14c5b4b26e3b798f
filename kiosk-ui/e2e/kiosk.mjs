// What a customer does at the kiosk, as functions. Each ends on the next page.
// `seen(page, name)` is called with every page that comes up, for pictures and axe.

const id = (page, name) => page.getByTestId(name);
export const onPage = (page, name, timeout = 60_000) => page.locator(`[data-testid=kiosk][data-page=${name}]`).waitFor({ timeout });
const nothing = async () => {};

export async function begin(page, lang = 'zh-Hans', seen = nothing) {
  await onPage(page, 'greet');
  await id(page, `start-${lang}`).waitFor();
  await seen(page, 'greet');
  await id(page, `start-${lang}`).click();
  await onPage(page, 'purpose');
  await seen(page, 'purpose');
}

export async function typePlate(page, plate) {
  for (const c of plate) await id(page, `key-${c}`).click();
}

export async function writeSignature(page) {
  await id(page, 'pad').scrollIntoViewIfNeeded();
  const box = await id(page, 'pad').boundingBox();
  const at = (x, y) => [box.x + box.width * x, box.y + box.height * y];
  await page.mouse.move(...at(0.2, 0.5));
  await page.mouse.down();
  for (const [x, y] of [[0.25, 0.3], [0.32, 0.7], [0.4, 0.35], [0.5, 0.6], [0.6, 0.4]]) await page.mouse.move(...at(x, y), { steps: 6 });
  await page.mouse.up();
}

/** From the greeting to the order: what a walk-in types. */
export async function tell(page, { lang = 'zh-Hans', purpose = 'repair', plate = '粤B12345', phone = '13800001234', taps = ['engine_light'], marks = {}, things = [] } = {}, seen = nothing) {
  await begin(page, lang, seen);
  await id(page, `purpose-${purpose}`).click();
  await onPage(page, 'plate');
  await seen(page, 'plate-empty');
  await typePlate(page, plate);
  await seen(page, 'plate');
  await id(page, 'next').click();
  await onPage(page, 'phone');
  for (const c of phone) await id(page, `digit-${c}`).click();
  await seen(page, 'phone');
  await id(page, phone ? 'next' : 'skip').click();
  await onPage(page, 'wrong');
  for (const t of taps) await id(page, `tap-${t}`).click();
  await seen(page, 'wrong');
  await id(page, 'next').click();
  await onPage(page, 'walk');
  for (const [zone, kind] of Object.entries(marks)) {
    await id(page, `zone-${zone}`).click();
    await seen(page, 'mark');
    await id(page, `mark-${kind}`).click();
  }
  await seen(page, 'walk');
  await id(page, Object.keys(marks).length ? 'next' : 'none').click();
  await onPage(page, 'things');
  for (const t of things) await id(page, `thing-${t}`).click();
  await seen(page, 'things');
  await id(page, things.length ? 'next' : 'none').click();
  await onPage(page, 'order');
  await seen(page, 'order');
}

/** Signs the order and hangs the key. The simulated cabinet's hand does the hanging. */
export async function signAndHang(page, { consent = true } = {}, seen = nothing) {
  await id(page, 'agree').click();
  await onPage(page, 'sign');
  await id(page, consent ? 'consent-yes' : 'consent-no').click();
  await writeSignature(page);
  await seen(page, 'sign');
  await id(page, 'sign').click();
  await onPage(page, 'key');
  await seen(page, 'key');
  await id(page, 'open-slot').click();
  // The open slot is looked at when it is seen: on a busy machine the key may hang before.
  const hang = page.locator('[data-testid=key-stage][data-stage=hang]');
  await hang.or(page.locator('[data-testid=kiosk][data-page=done]')).waitFor();
  if (await hang.count()) await seen(page, 'key-open');
  await onPage(page, 'done', 60_000);
  await seen(page, 'done');
  return {
    ticket: await id(page, 'ticket').innerText(),
    code: await id(page, 'code').getAttribute('data-code'),
  };
}

/** Ends a page that ends, if it has not ended by itself, and waits until the kiosk has forgotten. */
export async function leave(page) {
  await id(page, 'finish').or(page.locator('[data-testid=kiosk][data-page=greet]')).waitFor();
  await page.evaluate(() => document.querySelector('[data-testid=finish]')?.click());
  await onPage(page, 'greet');
}

/** A whole check-in: { ticket, code }. */
export async function checkIn(page, what = {}, seen = nothing) {
  await tell(page, what, seen);
  const result = await signAndHang(page, what, seen);
  await leave(page);
  return result;
}

/** A whole pick-up with a code. */
export async function pickUp(page, { lang = 'zh-Hans', code, stars = 5 }, seen = nothing) {
  await begin(page, lang);
  await id(page, 'purpose-pickup').click();
  await onPage(page, 'code');
  await seen(page, 'code');
  for (const c of code) await id(page, `digit-${c}`).click();
  await onPage(page, 'review');
  await seen(page, 'review');
  await id(page, 'next').click();
  await onPage(page, 'pickup');
  await writeSignature(page);
  await seen(page, 'pickup-sign');
  await id(page, 'open-slot').click();
  await onPage(page, 'rate', 60_000);
  await seen(page, 'rate');
  await id(page, stars ? `star-${stars}` : 'skip').click();
  await onPage(page, 'bye');
  await seen(page, 'bye');
  await leave(page);
}
