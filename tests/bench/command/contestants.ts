/**
 * Ways to bring files from one folder to another over loopback: the command,
 * and what people use otherwise.
 *
 * @module
 */
import { join } from "node:path";
import { freePort, listened, TimedProcess } from "./timed_process.ts";

/** What is to be brought where. */
export interface Errand {
  /** The file or folder. */
  readonly path: string;
  /** An empty folder for what arrives. */
  readonly to: string;
  /** A folder for what the programs keep. */
  readonly home: string;
}

/** What it took, in seconds. */
export interface Cost {
  readonly wall: number;
  /** Of the processors, both sides together, with their start. */
  readonly cpu: number;
}

/** One way. */
export interface Contestant {
  readonly name: string;
  /** Programs, some with a subcommand that another package brings, without which it cannot be had. */
  readonly needs: readonly string[];
  readonly run: (errand: Errand) => Promise<Cost>;
}

const MAIN = new URL("../../../src/peer/main.ts", import.meta.url).pathname;

/** The command as `deno install -A` installs it. */
const LEKT = `"${Deno.execPath()}" run -q -A "${MAIN}"`;

/** Runs a receiver until it is ready, and then takes the time until both have ended. */
async function race(
  first: TimedProcess,
  isReady: Promise<unknown>,
  second: () => TimedProcess,
): Promise<Cost> {
  try {
    await isReady;
    const startMs = performance.now();
    const other = second();
    try {
      const cpus = await Promise.all([first.end(), other.end()]);
      const wall = (performance.now() - startMs) / 1_000;
      return { wall, cpu: cpus[0] + cpus[1] };
    } finally {
      await other.stop();
    }
  } finally {
    await first.stop();
  }
}

/** The two scripts, the receiver's first; `$1` is the port, `$2` what is sent or the folder for it. */
function byNetcat(receive: string, send: string): Contestant["run"] {
  return ({ path, to }) => {
    const port = freePort();
    const receiver = new TimedProcess(receive, [String(port), to]);
    return race(
      receiver,
      listened(port),
      () => new TimedProcess(send, [String(port), path]),
    );
  };
}

/** A folder. */
export const TAR: Contestant = {
  name: "tar and nc",
  needs: ["tar", "nc"],
  run: byNetcat(
    'nc -l 127.0.0.1 "$1" | tar x -C "$2"',
    'tar c -C "$(dirname "$2")" "$(basename "$2")" | nc -N 127.0.0.1 "$1"',
  ),
};

/** A file, with its SHA-256 on both sides. */
export const NETCAT: Contestant = {
  name: "nc, sha256sum on both sides",
  needs: ["nc", "sha256sum", "tee"],
  run: byNetcat(
    'nc -l 127.0.0.1 "$1" | tee "$2/file" | sha256sum',
    // Bash waits for, and counts, what it has started itself.
    'exec 3> >(sha256sum >&2); sum=$!; tee /dev/fd/3 < "$2" | nc -N 127.0.0.1 "$1"; exec 3>&-; wait "$sum"',
  ),
};

/** The command, to an address. */
export const BY_ADDRESS: Contestant = {
  name: "lekt, to an address",
  needs: [],
  run: ({ path, to }) => {
    const port = freePort();
    const method = `tcp://127.0.0.1:${port}`;
    const receiver = new TimedProcess(
      `${LEKT} listen "$1" --accept all --once --nick bob --save "$2"`,
      [method, to],
    );
    return race(
      receiver,
      listened(port),
      () =>
        new TimedProcess(`${LEKT} send "$1" "$2" --nick ann`, [method, path]),
    );
  },
};

/** The command, by a code; the directory is here, too. */
export const BY_CODE: Contestant = {
  name: "lekt, by a code",
  needs: [],
  run: async ({ path, to, home }) => {
    const directory = new TimedProcess(
      `exec ${LEKT} directory --port 0 --json --store memory`,
    );
    try {
      const [, url] = await directory.said(/"url":"([^"]+)"/);
      const sender = new TimedProcess(
        `${LEKT} send "$1" --directory "$2" --nick ann --json`,
        [path, url!],
        { XDG_CONFIG_HOME: join(home, "ann") },
      );
      let code = "";
      const isReady = sender.said(/"code":"([^"]+)"/)
        .then(([, found]) => code = found!);
      return await race(sender, isReady, () =>
        new TimedProcess(
          `${LEKT} receive "$1" --directory "$2" --nick bob --save "$3"`,
          [code, url!, to],
          { XDG_CONFIG_HOME: join(home, "bob") },
        ));
    } finally {
      await directory.stop();
    }
  },
};

/** magic-wormhole in one of its programs; its mailbox is here, and both sides reach each other directly. */
function wormhole(
  name: string,
  send: string,
  receive: string,
): Contestant {
  const [program] = name.split(",");
  return {
    name,
    needs: [program!, "twist3 wormhole-mailbox"],
    run: async ({ path, to, home }) => {
      const [port, relayPort] = [freePort(), freePort()];
      const env = { HOME: home, LC_ALL: "C.UTF-8", TMPDIR: home };
      const mailbox = new TimedProcess(
        `cd "$2"; exec twist3 wormhole-mailbox --port "tcp:$1:interface=127.0.0.1"`,
        [String(port), home],
        env,
      );
      try {
        await listened(port);
        const where = [
          `ws://127.0.0.1:${port}/v1`,
          `tcp:127.0.0.1:${relayPort}`,
        ];
        const sender = new TimedProcess(send, [path, ...where], env);
        let code = "";
        const isReady = sender.said(/wormhole(?:-william)? rece?i?ve? (\S+)/)
          .then(([, found]) => code = found!);
        return await race(sender, isReady, () =>
          new TimedProcess(
            `cd "$1"; ${receive}`,
            [to, ...where, code],
            env,
          ));
      } finally {
        await mailbox.stop();
      }
    },
  };
}

const USE = '--relay-url "$2" --transit-helper "$3"';

/** The Python program. */
export const WORMHOLE = wormhole(
  "wormhole, by a code",
  `wormhole ${USE} send --hide-progress "$1"`,
  `wormhole ${USE} receive --hide-progress --accept-file "$4"`,
);
