/**
 * The page: the same module as in Deno, over the browser's own WebSocket.
 * `../browser_chat.ts` bundles and serves it.
 */
import { connect } from "@lekt/lekt";

const connecting = document.querySelector("#connecting");
const talking = document.querySelector("#talking");
const nickname = document.querySelector("#nickname");
const text = document.querySelector("#text");
const file = document.querySelector("#file");
const leave = document.querySelector("#leave");
const log = document.querySelector("#log");

function show(line) {
  log.append(`${line}\n`);
}

connecting.addEventListener("submit", async (event) => {
  event.preventDefault();
  connecting.hidden = true;
  try {
    await talk();
  } catch (error) {
    show(`${error.code}: ${error.reason ?? error.message}`);
  }
  talking.hidden = true;
  connecting.hidden = false;
});

async function talk() {
  const methods = await (await fetch("methods")).json();
  const connection = await connect(methods, { nickname: nickname.value });
  show(`Connected with ${connection.remote.nickname}`);
  const leaving = new AbortController();
  const { signal } = leaving;
  talking.addEventListener("submit", (event) => {
    event.preventDefault();
    connection.send(text.value);
    text.value = "";
  }, { signal });
  // A file goes as a message of its own, streamed, and texts overtake it.
  file.addEventListener("change", () => {
    for (const blob of file.files) connection.send(blob);
  }, { signal });
  leave.addEventListener("click", () => connection.closeWrite(), { signal });
  talking.hidden = false;
  for await (const message of connection) {
    show(`${connection.remote.nickname}: ${await message.text()}`);
  }
  leaving.abort();
  show("The conversation has ended");
}
