/**
 * Drives the page of `examples/browser_chat.ts` in headless Chromium, in a
 * process of its own, as playwright asks for more permissions than tests have.
 * Its arguments are the browser's program and the page's address; it writes what
 * the page showed as JSON.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { chromium, type Page } from "playwright-core";
import { FILE_SIZE, type Shown } from "./shown.ts";

/** Without these it talks to servers of its maker; without the first it does not start as root. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

async function talk(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.fill("#nickname", "eve");
  await page.click("#connecting button");
  await page.getByText("REJECTED: not with you").waitFor();
  await page.fill("#nickname", "alice");
  await page.click("#connecting button");
  await page.getByText("Connected with bob").waitFor();
  await page.fill("#text", "hé");
  await page.click("#talking button");
  await page.getByText("bob: 3 bytes").waitFor();
  await page.setInputFiles("#file", {
    name: "large.bin",
    mimeType: "application/octet-stream",
    buffer: Buffer.alloc(FILE_SIZE, "lekt"),
  });
  await page.getByText(`bob: ${FILE_SIZE} bytes`).waitFor();
  await page.click("#leave");
  await page.getByText("The conversation has ended").waitFor();
}

if (import.meta.main) {
  const [executablePath, url] = Deno.args;
  const browser = await chromium.launch({
    executablePath: executablePath!,
    args: FLAGS,
  });
  const faults: string[] = [];
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => faults.push(String(error)));
  await talk(page, url!).catch((error) => faults.push(String(error)));
  const log = await page.textContent("#log") ?? "";
  const shown: Shown = { lines: log.trim().split("\n"), faults };
  console.log(JSON.stringify(shown));
  await browser.close();
}
