/**
 * Drives pages in headless Chromium, in a process of its own, as playwright asks
 * for more permissions than tests have. Its arguments are the browser's program,
 * the address of `examples/browser_chat.ts`, that of a page of scenes, and a
 * folder for pictures of the former, where they are wanted. It writes what the
 * pages showed as JSON, behind a line that asks for the end of the example.
 *
 * @module
 */
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { FILE_NAME, FILE_SIZE, KILL, type Shown } from "./shown.ts";

/** Without these it talks to servers of its maker; without the first it does not start as root. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Each process costs a busy machine seconds.
  "--renderer-process-limit=1",
];

/** How long a step may take on a busy machine, in milliseconds. */
const STEP_MS = 100_000;

/** What a page is looked at with. */
interface Screen {
  width: number;
  height: number;
  colorScheme: "dark" | "light";
}

const PHONE: Screen = { width: 390, height: 780, colorScheme: "dark" };

const DESK: Screen = { width: 860, height: 640, colorScheme: "light" };

/** Somebody who looks at the example's page, and uses the keyboard alone. */
class Person {
  readonly page: Page;
  readonly #nickname: string;

  private constructor(page: Page, nickname: string) {
    this.page = page;
    this.#nickname = nickname;
  }

  static async come(
    context: BrowserContext,
    url: string,
    nickname: string,
    { faults }: Shown,
    { width, height, colorScheme }: Screen,
  ): Promise<Person> {
    const page = await context.newPage();
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    page.setDefaultTimeout(STEP_MS);
    page.on("pageerror", (error) => faults.push(String(error)));
    await page.goto(url);
    return new Person(page, nickname);
  }

  async knock(): Promise<void> {
    await this.page.getByLabel("Your nickname").fill(this.#nickname);
    await this.page.keyboard.press("Enter");
  }

  async say(text: string): Promise<void> {
    await this.page.getByLabel("Say something").fill(text);
    await this.page.keyboard.press("Enter");
  }

  async decide(button: string): Promise<void> {
    await this.page.getByRole("button", { name: button }).focus();
    await this.page.keyboard.press("Enter");
  }

  /** Resolves when the page shows the text. */
  async see(text: string): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  /** Resolves to the state, when it is the one that is waited for. */
  async be(state: string): Promise<string> {
    await this.page.locator(`[data-state=${state}]`).waitFor();
    const { page } = this;
    const outcome = await page.locator("#outcome").textContent();
    return `${await page.locator("#state").textContent()}: ${outcome}`;
  }

  /** Drops a file on the page, which the page makes by itself. */
  async drop(name: string, make: string): Promise<void> {
    const data = await this.page.evaluateHandle(
      `(async () => {
        const data = new DataTransfer();
        const blob = await (${make})();
        data.items.add(new File([blob], ${JSON.stringify(name)}, blob));
        return data;
      })()`,
    );
    await this.page.dispatchEvent("body", "dragover", { dataTransfer: data });
    await this.see("Drop to send");
    await this.page.dispatchEvent("body", "drop", { dataTransfer: data });
  }

  /** The SHA-256 of a file that was received, in hex. */
  async digest(name: string): Promise<string> {
    const link = `[data-name="${name}"] a[download]`;
    await this.page.locator(link).waitFor();
    return await this.page.evaluate(`(async () => {
      const link = document.querySelector(${JSON.stringify(link)});
      const bytes = await (await fetch(link.href)).arrayBuffer();
      const digest = await crypto.subtle.digest("SHA-256", bytes);
      return new Uint8Array(digest).toHex();
    })()`);
  }
}

const MAKE_FILE =
  `() => new Blob(["lekt".repeat(${FILE_SIZE} / 4)], { type: "text/plain" })`;

const MAKE_PICTURE = `async () => {
  const canvas = new OffscreenCanvas(480, 260);
  const context = canvas.getContext("2d");
  const sky = context.createLinearGradient(0, 0, 0, 260);
  sky.addColorStop(0, "#29417a");
  sky.addColorStop(0.6, "#e58b6b");
  sky.addColorStop(0.61, "#234a5e");
  sky.addColorStop(1, "#0e2233");
  context.fillStyle = sky;
  context.fillRect(0, 0, 480, 260);
  context.fillStyle = "#ffe2a8";
  context.beginPath();
  context.arc(330, 140, 34, Math.PI, 0);
  context.fill();
  return canvas.convertToBlob();
}`;

async function talk(
  context: BrowserContext,
  url: string,
  shown: Shown,
  pictures: string | undefined,
): Promise<void> {
  const { states } = shown;
  const come = (nickname: string, screen: Screen) =>
    Person.come(context, url, nickname, shown, screen);
  const alice = await come("alice", DESK);
  await alice.knock();
  states.push(await alice.be("connected"));

  const carol = await come("carol", PHONE);
  await carol.knock();
  states.push(await carol.be("waiting"));
  await alice.decide("Refuse");
  states.push(await carol.be("refused"));
  await carol.knock();
  await alice.decide("Let in");
  await carol.be("connected");

  await carol.say("hé, what a view!");
  await alice.see("hé, what a view!");
  await alice.say("Here is the picture, and all the others.");
  await alice.drop("evening.png", MAKE_PICTURE);
  await alice.drop(FILE_NAME, MAKE_FILE);
  shown.digest = await carol.digest(FILE_NAME);
  await alice.see("all sent");
  if (pictures !== undefined) {
    const dave = await come("dave", PHONE);
    await dave.knock();
    await alice.see("wants to come in");
    await alice.page.getByText("Connected with").click();
    await alice.page.screenshot({ path: `${pictures}/desk.png` });
    await carol.page.screenshot({ path: `${pictures}/phone.png` });
    await dave.page.screenshot({ path: `${pictures}/waiting.png` });
    await join(context, pictures);
  }
  await alice.decide("Leave");
  states.push(await alice.be("ended"));
  await carol.see("Here: carol");
  console.log(KILL);
  states.push(await carol.be("failed"));
  if (pictures !== undefined) {
    await carol.page.screenshot({ path: `${pictures}/lost.png` });
  }
}

/** Makes one picture of two, for the page about the examples. */
async function join(context: BrowserContext, pictures: string): Promise<void> {
  const page = await context.newPage();
  await page.setViewportSize({ width: 1_330, height: 860 });
  const images = await Promise.all(["desk", "phone"].map(async (name) => {
    const bytes = await Deno.readFile(`${pictures}/${name}.png`);
    const source = `data:image/png;base64,${bytes.toBase64()}`;
    return `<img src="${source}" style="border-radius: 12px; box-shadow: 0 4px 24px #0006">`;
  }));
  await page.setContent(
    `<body style="margin: 0; height: 100vh; display: flex; gap: 40px; justify-content: center; align-items: center; background: #8c9bb5">${
      images.join("")
    }`,
  );
  await page.screenshot({
    path: `${pictures}/both.jpg`,
    type: "jpeg",
    quality: 72,
  });
  await page.close();
}

if (import.meta.main) {
  const [executablePath, example, scenes, pictures] = Deno.args;
  const browser = await chromium.launch({
    executablePath: executablePath!,
    args: FLAGS,
  });
  const shown: Shown = { states: [], digest: "", faults: [] };
  const context = await browser.newContext();
  await talk(context, example!, shown, pictures).catch((error) => {
    shown.faults.push(String(error));
    console.log(KILL);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_MS);
  page.on("pageerror", (error) => shown.faults.push(String(error)));
  await page.goto(scenes!);
  await page.waitForFunction("globalThis.hasSaid === true");
  await browser.close();
  console.log(JSON.stringify(shown));
}
