/**
 * A program for the places where pages run other than in front of somebody: from
 * a file, in a service worker, and in a tab that nobody looks at. Its address
 * says how bob can be reached, and where to tell what came of it.
 */
import { connect, DirectoryClient } from "../../src/browser/mod.ts";

const options = { nickname: "alice" };

async function nextText(connection) {
  const message = await connection.receive();
  return message === null ? "(end)" : await message.text();
}

async function chat({ methods }) {
  const connection = await connect(methods, options);
  await connection.send("echo");
  await connection.send("hé");
  const echo = await nextText(connection);
  await connection.closeWrite();
  const rest = await nextText(connection);
  const { clean } = await connection.closed;
  return `${echo} | ${rest} | ${clean}`;
}

/** In a page from a file, nothing of a server is of the same origin. */
async function tell({ told }, said) {
  const body = JSON.stringify(said);
  await fetch(told, { method: "POST", mode: "no-cors", body });
}

async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    return `failed: ${error?.stack ?? error}`;
  }
}

/** A conversation that the worker has, and a look at the directory by requests that pass through it. */
async function useServiceWorker(ways) {
  const { serviceWorker } = navigator;
  const isClaimed = new Promise((resolve) =>
    serviceWorker.addEventListener("controllerchange", resolve)
  );
  await serviceWorker.register("/page.js");
  await isClaimed;
  const ask = async (task) => {
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
    });
    serviceWorker.controller.postMessage({ task, ways }, [port2]);
    return await answer;
  };
  const inWorker = await ask("chat");
  const lookup = new DirectoryClient(ways.directory, { allowLocal: true });
  const { thumbprint } = await lookup.lookup("bob");
  const passed = await ask("count");
  return `${inWorker} | ${thumbprint === ways.bob} | ${passed} | ${await chat(
    ways,
  )}`;
}

/** What the test asks of a tab. */
function openTab({ methods, limits }) {
  let connection;
  globalThis.tab = {
    async open() {
      connection = await connect(methods, { ...options, limits });
      await connection.send("echo");
      return document.visibilityState;
    },
    async echo(text) {
      await connection.send(text);
      return `${document.visibilityState}: ${await nextText(connection)}`;
    },
    async end() {
      const { clean, error } = await connection.closed;
      return `${clean}, ${error?.code}`;
    },
    async close() {
      await connection.close();
      return (await connection.closed).clean;
    },
  };
  return "ready";
}

if (typeof document === "undefined") {
  let passed = 0;
  addEventListener("install", () => skipWaiting());
  addEventListener("activate", (event) => event.waitUntil(clients.claim()));
  addEventListener("fetch", (event) => {
    passed++;
    event.respondWith(fetch(event.request));
  });
  addEventListener("message", (event) => {
    const { data: { task, ways }, ports: [port] } = event;
    const work = task === "chat" ? attempt(() => chat(ways)) : passed;
    event.waitUntil(Promise.resolve(work).then((it) => port.postMessage(it)));
  });
} else {
  const ways = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const works = { file: chat, worker: useServiceWorker };
  const { [ways.place]: work } = works;
  const working = work ? attempt(() => work(ways)) : openTab(ways);
  Promise.resolve(working).then((said) => tell(ways, said));
}
