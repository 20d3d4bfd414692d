/**
 * What the page shows of the room. All that others say is shown as text, and
 * never as HTML.
 */

/** Pictures that are shown; all else, SVG too, could do more than be looked at. */
const SHOWN_TYPES = /^image\/(?:png|jpeg|gif|webp|avif)$/;

const UNITS = ["bytes", "KB", "MB", "GB"];

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const log = document.getElementById("log");
let isAtEnd = true;

log.addEventListener("scroll", () => {
  isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
});

/** Whoever reads the last lines goes on doing so when there are more, or less room for them. */
function stayAtEnd() {
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

new ResizeObserver(stayAtEnd).observe(log);

function addToLog(entry) {
  log.append(entry);
  stayAtEnd();
}

function sizeText(size) {
  let unit = 0;
  while (size >= 1_000 && unit < UNITS.length - 1) {
    size /= 1_000;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}

function header(from) {
  return element("div", { className: "from", textContent: from });
}

/** A text that somebody said. */
export function showText(from, said) {
  const className = from === "you" ? "own" : "";
  const text = element("p", { textContent: said });
  addToLog(element("li", { className }, header(from), text));
}

/** What happened. */
export function showNote(note) {
  addToLog(element("li", { className: "note", textContent: note }));
}

/** Somebody wants to come in. */
export function showKnock({ knock, nickname, address }, decide) {
  const shown = element("div", { className: "knock", id: `knock-${knock}` });
  const button = (textContent, className, letIn) =>
    element("button", {
      textContent,
      className: `small ${className}`,
      type: "button",
      onclick: () => decide(letIn),
    });
  shown.append(
    element(
      "p",
      {},
      element("strong", { textContent: nickname }),
      ` (${address}) wants to come in. A nickname proves nothing.`,
    ),
    element(
      "div",
      { className: "row" },
      button("Let in", "", true),
      button("Refuse", "quiet", false),
    ),
  );
  document.getElementById("knocks").append(shown);
}

/** Whom the page is connected with, and what is known of them. */
export function showPeer(remote, short, facts) {
  const isSecure = remote.method.startsWith("wss:");
  const { hostname } = new URL(remote.method);
  const isHere = /^(localhost|127\..*|\[::1\])$/.test(hostname);
  const proof = remote.verified
    ? [
      "good",
      "verified: they hold the key that their nickname is registered for",
    ]
    : ["warn", "not verified: this is what they call themselves"];
  const way = isSecure
    ? ["good", `encrypted; this browser trusts the certificate of ${hostname}`]
    : isHere
    ? ["good", "not encrypted, and it does not leave this machine"]
    : ["warn", "not encrypted: others in the network can read along"];
  short.textContent = `Connected with “${remote.nickname}”, ${
    way[1].split(/[;:,]/)[0]
  }, ${proof[1].split(":")[0]}`;
  const rows = [
    ["Who", "", remote.nickname],
    ["Proof", ...proof],
    ["Line", ...way],
    ["Method", "", remote.method],
    ["Protocol", "", `LEKT ${remote.version}`],
  ];
  facts.replaceChildren(
    ...rows.flatMap(([name, className, textContent]) => [
      element("dt", { textContent: name }),
      element("dd", { className, textContent }),
    ]),
  );
}

/** A file on its way. */
export class FileCard {
  #size;
  #progress;
  #state;
  #stop;
  #card;

  /** `onStop` is called when the person wants no more of it. */
  constructor(from, { name, size }, onStop) {
    this.#size = size;
    this.#progress = element("progress", { max: Math.max(size, 1), value: 0 });
    this.#progress.setAttribute("aria-label", `${name}: how much has come`);
    this.#state = element("span", { textContent: sizeText(size) });
    this.#state.setAttribute("aria-live", "off");
    this.#stop = element("button", {
      textContent: "Stop",
      className: "quiet small",
      type: "button",
      onclick: onStop,
    });
    const className = `file ${from === "you" ? "own" : ""}`;
    this.#card = element(
      "li",
      { className },
      header(from),
      element("p", { textContent: name }),
      this.#progress,
      element("div", { className: "file-line" }, this.#state, this.#stop),
    );
    this.#card.dataset.name = name;
    addToLog(this.#card);
  }

  /** Passes bytes on, and shows how many it were. */
  async *count(chunks) {
    let done = 0;
    for await (const chunk of chunks) {
      const { length } = chunk;
      yield chunk;
      done += length;
      this.#progress.value = done;
      const share = Math.min(1, done / Math.max(this.#size, 1));
      this.#state.textContent = `${Math.floor(share * 100)} % of ${
        sizeText(this.#size)
      }`;
    }
  }

  /** All of it is there; `blob` is what can be saved. */
  finish(state, blob) {
    this.#progress.remove();
    this.#state.textContent = `${sizeText(this.#size)}, ${state}`;
    const href = URL.createObjectURL(blob);
    const { name } = this.#card.dataset;
    const save = element("a", { href, download: name, textContent: "Save" });
    this.#stop.replaceWith(save);
    if (!SHOWN_TYPES.test(blob.type)) return;
    const picture = new Image();
    picture.src = href;
    picture.alt = name;
    picture.onload = stayAtEnd;
    this.#card.append(picture);
  }

  /** It did not get through. */
  fail(reason) {
    this.#progress.remove();
    this.#stop.remove();
    this.#state.textContent = reason;
    this.#state.className = "warn";
  }
}
