import { connect } from "@lekt/lekt/browser";

const log = document.querySelector("#log");
const method = location.hash.slice(1) || "ws://127.0.0.1:8080/lekt";
try {
  const bob = await connect(method, { nickname: "alice" });
  log.append(`connected with ${bob.remote.nickname}\n`);
  await bob.send("hello");
  await bob.closeWrite();
  for await (const message of bob) {
    log.append(`${bob.remote.nickname}: ${await message.text()}\n`);
  }
  const { clean } = await bob.closed;
  log.append(clean ? "ended in order\n" : "broken off\n");
} catch (error) {
  log.append(`${error.code}: ${error.reason ?? error.message}\n`);
}
