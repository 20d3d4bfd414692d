/**
 * The page: joins the room, shows what is said there, and sends what the person
 * says. `../browser_chat.ts` bundles and serves it.
 */
import { connect } from "@lekt/lekt/browser";
import { unwrap, wrap } from "./envelope.js";
import { FileCard, showKnock, showNote, showPeer, showText } from "./view.js";

/** Bytes of the largest file that is kept for saving. */
const FILE_SIZE_MAX = 2 ** 30;

const byId = (id) => document.getElementById(id);
const [lobby, room, outcome] = ["lobby", "room", "outcome"].map(byId);
const [join, giveUp, leave] = ["join", "give-up", "leave"].map(byId);
const [nickname, text, file] = ["nickname", "text", "file"].map(byId);
const [knocks, here, drop] = ["knocks", "here", "drop"].map(byId);

// Until now the form would have gone to the server.
join.disabled = false;
nickname.value = sessionStorage.getItem("nickname") ?? "";

/** Says where we are: in the header, and below the form how it came to an end. */
function enter(state, title, details) {
  document.body.dataset.state = state;
  byId("state").textContent = title;
  const isUnderWay = state === "connecting" || state === "waiting";
  lobby.hidden = state === "connected";
  room.hidden = leave.hidden = state !== "connected";
  nickname.disabled = join.disabled = isUnderWay;
  join.hidden = isUnderWay;
  giveUp.hidden = !isUnderWay;
  outcome.hidden = details === undefined;
  outcome.textContent = details ?? "";
}

byId("joining").addEventListener("submit", async (event) => {
  event.preventDefault();
  sessionStorage.setItem("nickname", nickname.value);
  const givingUp = new AbortController();
  const { signal } = givingUp;
  giveUp.addEventListener("click", () => givingUp.abort(), { signal });
  enter("connecting", "Connecting…");
  try {
    const methods = await (await fetch("methods", { signal })).json();
    const connection = await connect(methods, {
      nickname: nickname.value,
      signal,
      onAsk: () =>
        enter("waiting", "Waiting", "You have knocked. The others decide…"),
    });
    await talk(connection);
  } catch (error) {
    showFailure(error, signal.aborted);
  }
  nickname.focus();
});

function showFailure(error, hasGivenUp) {
  if (hasGivenUp) return enter("idle", "Not connected", "You gave up.");
  if (error.code === "REJECTED") {
    const why = error.reason || "they did not say why";
    return enter("refused", "Refused", `You are not let in: ${why}.`);
  }
  enter("failed", "No connection", error.message);
}

/** From the first word to the last. */
async function talk(connection) {
  enter("connected", "In the room");
  byId("log").replaceChildren();
  knocks.replaceChildren();
  showPeer(connection.remote, byId("peer-short"), byId("peer-facts"));
  const leaving = new AbortController();
  const { signal } = leaving;
  let hasLeft = false;
  leave.addEventListener("click", () => {
    hasLeft = true;
    connection.closeWrite();
  }, { signal });
  listenToPerson(connection, signal);
  text.focus();
  try {
    for await (const message of connection) {
      receive(connection, message).catch((error) => showNote(error.message));
    }
    await connection.close();
  } catch {
    // How it ended is in `closed`.
  }
  leaving.abort();
  const { clean, error } = await connection.closed;
  if (!clean) enter("failed", "Connection lost", error?.message);
  else if (hasLeft) enter("ended", "You have left", "You have left the room.");
  else enter("ended", "The room has closed", "The room said goodbye.");
}

/** What the person does, as long as `signal` has not fired. */
function listenToPerson(connection, signal) {
  const on = (target, type, run) =>
    target.addEventListener(type, run, { signal });
  on(byId("talking"), "submit", (event) => {
    event.preventDefault();
    showText("you", text.value);
    tell(connection, { say: text.value });
    text.value = "";
  });
  on(file, "change", () => {
    for (const each of file.files) sendFile(connection, each);
    file.value = "";
  });
  on(document, "dragover", (event) => {
    event.preventDefault();
    drop.hidden = !event.dataTransfer.types.includes("Files");
  });
  on(document, "dragleave", (event) => {
    if (event.relatedTarget === null) drop.hidden = true;
  });
  on(document, "drop", (event) => {
    event.preventDefault();
    drop.hidden = true;
    for (const each of event.dataTransfer.files) sendFile(connection, each);
  });
}

/** Where the connection is over the loop over its messages says so. */
function tell(connection, head) {
  connection.send(wrap(head)).catch(() => {});
}

/** One message; files are streamed, so texts overtake them. */
async function receive(connection, message) {
  const [head, content] = await unwrap(message);
  if (head.here) here.textContent = `Here: ${head.here.join(", ")}`;
  if (head.say) showText(head.from, head.say);
  if (head.settled) knocks.querySelector(`#knock-${head.settled}`)?.remove();
  if (head.knock) {
    showKnock(head, (letIn) => tell(connection, { decide: head.knock, letIn }));
  }
  if (head.file) await receiveFile(head.from, head.file, content);
}

async function sendFile(connection, blob) {
  const { name, size, type } = blob;
  const aborting = new AbortController();
  const { signal } = aborting;
  const card = new FileCard("you", { name, size }, () => aborting.abort());
  try {
    const content = card.count(blob.stream());
    await connection.send(wrap({ file: { name, size, type } }, content), {
      signal,
      confirm: true,
    });
    card.finish("all sent", blob);
  } catch (error) {
    card.fail(signal.aborted ? "stopped" : error.reason ?? error.message);
  }
}

async function receiveFile(from, { name, size, type }, content) {
  let isWanted = true;
  const card = new FileCard(from, { name, size }, () => isWanted = false);
  const parts = [];
  let held = 0;
  try {
    for await (const chunk of card.count(content)) {
      if (!isWanted) return card.fail("stopped");
      held += chunk.length;
      if (held > FILE_SIZE_MAX) return card.fail("too large to be kept here");
      // What comes may share its memory with other messages.
      parts.push(chunk.slice());
    }
    card.finish("received", new Blob(parts, { type }));
  } catch (error) {
    card.fail(error.reason ?? error.message);
  }
}
