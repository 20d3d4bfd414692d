/**
 * Codecs alone, in this process.
 *
 * @module
 */
import { type Codec, type CodecContestant, CODECS } from "./codecs.ts";
import type {
  Context,
  Goal,
  Row,
  Sample,
  Session,
  Workload,
} from "./workload.ts";

const SMALL_SIZE = 64;
const SIZES = [SMALL_SIZE, 16 * 1024, 128 * 1024];

class CodecSession implements Session {
  readonly #codecs: (readonly [size: number, codec: Codec])[];
  readonly #milliseconds: number;

  constructor(contestant: CodecContestant, seconds: number) {
    this.#codecs = SIZES.map((size) =>
      [size, contestant.create(size)] as const
    );
    this.#milliseconds = seconds * 1000 / (SIZES.length * 2);
  }

  async warmUp(): Promise<void> {
    await this.measure();
  }

  async measure(): Promise<Sample> {
    const sample: Sample = {};
    for (const [size, codec] of this.#codecs) {
      sample[`pack${size}`] = this.#rate(() => codec.pack());
      sample[`unpack${size}`] = this.#rate(() => codec.unpack());
      // what a codec put off (streams do) belongs to its own time
      await new Promise((resolve) => setImmediate(resolve));
    }
    return sample;
  }

  #rate(run: () => number): number {
    const start = performance.now();
    let elapsed = 0;
    let total = 0;
    while (elapsed < this.#milliseconds) {
      total += run();
      elapsed = performance.now() - start;
    }
    return total / elapsed * 1000;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Packing and unpacking without a connection, payload bytes a second. */
export function codecWorkload(id: string, context: Context): Workload {
  return {
    id,
    rows: SIZES.flatMap((size) => [row("pack", size), row("unpack", size)]),
    isolated: false,
    contestants: CODECS,
    start: (contestant) =>
      Promise.resolve(
        new CodecSession(contestant as CodecContestant, context.seconds),
      ),
  };
}

function row(verb: string, size: number): Row {
  const goals: Goal[] = size === SMALL_SIZE
    ? [{ against: "best alternative", value: 3 }]
    : [{ against: "raw", value: 0.9 }];
  const title = size === SMALL_SIZE ? `${size} B` : `${size / 1024} KiB`;
  return {
    metric: `${verb}${size}`,
    title: `codec alone: ${verb} ${title}`,
    unit: "bytes/s",
    better: "higher",
    goals,
  };
}
