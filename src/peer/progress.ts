/**
 * Progress of files on their way, as lines of text.
 *
 * @module
 */

import { unicodeWidth } from "@std/cli/unicode-width";

/** Over this many milliseconds the rate is averaged. */
const RATE_WINDOW_MS = 3_000;

/** So many files are shown at once. */
const LINE_COUNT_MAX = 4;

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A file on its way. */
export class Transfer {
  readonly #label: string;
  readonly #size: number | undefined;
  readonly #startMs: number;
  #samples: { ms: number; count: number }[];
  #count = 0;

  /** `label` says which file and which way; `size` is in bytes, where it is known. */
  constructor(label: string, size: number | undefined, nowMs: number) {
    this.#label = label;
    this.#size = size;
    this.#startMs = nowMs;
    this.#samples = [{ ms: nowMs, count: 0 }];
  }

  /** Counts further bytes. */
  add(byteCount: number): void {
    this.#count += byteCount;
  }

  /** What a person sees: name, bar (unless `hasBar` says no), percent, bytes, rate and time left, in one line of at most `columns` characters. */
  render(columns: number, nowMs: number, hasBar = true): string {
    const rate = this.#rate(nowMs);
    const size = this.#size;
    const facts = size === undefined
      ? `${formatSize(this.#count)}  ${formatSize(rate)}/s`
      : [
        `${percent(this.#count, size)}%`.padStart(4),
        `${formatSize(this.#count)}/${formatSize(size)}`,
        `${formatSize(rate)}/s`,
        timeLeft(size - this.#count, rate),
      ].join("  ");
    const labelWidth = Math.max(8, Math.min(32, columns - facts.length - 4));
    const label = fit(this.#label, labelWidth);
    const barWidth = columns - labelWidth - facts.length - 6;
    const bar = hasBar && size !== undefined && barWidth >= 8
      ? `[${drawBar(this.#count, size, Math.min(barWidth, 30))}] `
      : "";
    return fit(`${label} ${bar}${facts}`, columns).trimEnd();
  }

  /** How long it has taken, in milliseconds. */
  elapsedMs(nowMs: number): number {
    return nowMs - this.#startMs;
  }

  #rate(nowMs: number): number {
    this.#samples.push({ ms: nowMs, count: this.#count });
    while (
      this.#samples.length > 2 && nowMs - this.#samples[0]!.ms > RATE_WINDOW_MS
    ) {
      this.#samples.shift();
    }
    const first = this.#samples[0]!;
    const elapsedMs = nowMs - first.ms;
    return elapsedMs > 0
      ? Math.round((this.#count - first.count) * 1000 / elapsedMs)
      : 0;
  }
}

/** The files that are on their way just now. */
export class Transfers {
  readonly #transfers = new Set<Transfer>();

  /** Whether there are any. */
  get isEmpty(): boolean {
    return this.#transfers.size === 0;
  }

  /** Begins to show a file. */
  start(label: string, size: number | undefined, nowMs: number): Transfer {
    const transfer = new Transfer(label, size, nowMs);
    this.#transfers.add(transfer);
    return transfer;
  }

  /** Ends that. */
  end(transfer: Transfer): void {
    this.#transfers.delete(transfer);
  }

  /** One line for each file, as far as there is room. */
  render(columns: number, nowMs: number): string[] {
    const all = [...this.#transfers];
    const lines = all.slice(0, LINE_COUNT_MAX)
      .map((transfer) => transfer.render(columns, nowMs));
    const further = all.length - lines.length;
    if (further > 0) lines.push(fit(`and ${further} more`, columns).trimEnd());
    return lines;
  }
}

/** A number of bytes for people: `1.5 MiB`. */
export function formatSize(byteCount: number): string {
  let value = byteCount;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Seconds for people: `0:07`, `1:02:03`. */
export function formatTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  const [minutes, rest] = parts.map((part) => String(part).padStart(2, "0"));
  return hours > 0 ? `${hours}:${minutes}:${rest}` : `${parts[0]}:${rest}`;
}

function timeLeft(byteCount: number, rate: number): string {
  if (byteCount <= 0) return "0:00 left";
  if (rate <= 0) return "-:-- left";
  return `${formatTime(byteCount / rate)} left`;
}

function percent(count: number, size: number): number {
  return size === 0 ? 100 : Math.min(100, Math.floor(count * 100 / size));
}

function drawBar(count: number, size: number, width: number): string {
  const full = size === 0
    ? width
    : Math.min(width, Math.floor(count * width / size));
  return "=".repeat(full).padEnd(width, ".");
}

/** Columns that a text takes on a terminal. */
export function displayWidth(text: string): number {
  return unicodeWidth(text);
}

/** Cuts or pads a text to a number of columns. */
export function fit(text: string, columns: number): string {
  const missing = columns - displayWidth(text);
  if (missing >= 0) return text + " ".repeat(missing);
  let cut = "";
  let width = 0;
  for (const character of text) {
    const wider = width + displayWidth(character);
    if (wider > columns - 1) break;
    cut += character;
    width = wider;
  }
  return `${cut}~${" ".repeat(Math.max(0, columns - 1 - width))}`;
}
