import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  createIdentity,
  DirectoryClient,
  LektError,
  startDirectory,
} from "../../src/directory/mod.ts";
import { connect, listen } from "../../mod.ts";
import { fetchThrough } from "../../src/directory/http_through.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { within } from "../helpers/deadline.ts";
import { withAnswers } from "../helpers/directory.ts";
import { ROOT } from "../helpers/pages.ts";
import { PROXIED_HOST, ProxyServer } from "../helpers/proxy_server.ts";

const ORIGIN = `http://${PROXIED_HOST}`;

for (const scheme of ["socks5", "http"] as const) {
  Deno.test(`a directory is registered with, asked and watched through ${scheme}`, async () => {
    await using proxy = new ProxyServer({ scheme, login: "al:pw" });
    await using directory = await startDirectory({
      port: 0,
      origins: [ORIGIN],
    });
    proxy.port80 = Number(new URL(directory.url).port);
    const client = new DirectoryClient(ORIGIN, {
      proxy: new URL(proxy.url("al:pw")),
      allowLocal: true,
    });
    await using bob = await listen({
      nickname: "bob",
      methods: ["tcp://127.0.0.1:0"],
      accept: () => true,
    });
    const served = bob.serve(() => {});
    const watching = new AbortController();
    const events = client.watch("bob", { signal: watching.signal });
    assertEquals((await within(events.next(), "gone")).value?.type, "gone");
    const lease = await client.register(await createIdentity(), {
      nickname: "bob",
      methods: bob.methods,
    });
    assertEquals((await within(events.next(), "put")).value?.type, "put");
    watching.abort();
    assertEquals((await within(events.next(), "the end")).done, true);
    {
      const target = `bob#${lease.thumbprint}`;
      await using alice = await connect(target, {
        nickname: "alice",
        directory: client,
        proxy: proxy.url("al:pw"),
      });
      assertEquals(alice.remote.nickname, "bob");
    }
    // The second lookup is answered without a body.
    assertEquals((await client.lookup("bob")).methods.length, 1);
    assertEquals((await client.lookup("bob")).methods.length, 1);
    await lease.unregister();
    await assertRejects(() => client.lookup("bob"), LektError, "nobody");
    assertEquals(new Set(proxy.targets).size, 2);
    assert(proxy.targets.includes(`${PROXIED_HOST}:80`));
    await bob.close();
    await served;
  });
}

Deno.test("connect() hands its proxy on to a directory that is a URL", async () => {
  await using proxy = new ProxyServer({ scheme: "socks5" });
  await using directory = await startDirectory({ port: 0 });
  proxy.port80 = Number(new URL(directory.url).port);
  await assertRejects(
    () =>
      connect("bob", {
        nickname: "alice",
        directory: ORIGIN,
        proxy: proxy.url(),
      }),
    LektError,
    `nobody is registered so at ${ORIGIN}`,
  );
});

Deno.test("without a proxy of its own a client goes where the environment says", async () => {
  await using proxy = new ProxyServer({ scheme: "socks5" });
  await using directory = await startDirectory({ port: 0 });
  proxy.port80 = Number(new URL(directory.url).port);
  const program = `
    import { DirectoryClient } from "@lekt/lekt/directory";
    const client = new DirectoryClient("${ORIGIN}");
    console.log(await client.lookup("bob").catch(({ message }) => message));
  `;
  const config = new URL("deno.json", ROOT).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--allow-net", "--config", config],
      `data:application/typescript,${encodeURIComponent(program)}`,
    ],
    env: {
      ALL_PROXY: proxy.url(),
      NO_PROXY: "",
      no_proxy: "",
      DENO_NO_UPDATE_CHECK: "1",
    },
    stdin: "null",
  }).output();
  assertEquals(
    new TextDecoder().decode(stdout),
    `Cannot find bob: nobody is registered so at ${ORIGIN}\n`,
  );
  assertEquals(proxy.targets, [`${PROXIED_HOST}:80`]);
});

Deno.test("fetchThrough() takes any answer but a redirection", async () => {
  let status = 200;
  await withAnswers(() => new Response(null, { status }), async (url) => {
    const { signal } = new AbortController();
    const ask = () => fetchThrough(url, { signal }, () => undefined);
    for (status of [200, 204, 299, 304, 400, 404, 500]) {
      const answer = await within(ask(), "an answer");
      assertEquals([answer.status, await answer.text()], [status, ""]);
    }
    for (status of [300, 301, 303, 308, 399]) {
      await assertRejects(ask, Error, "redirect");
    }
  });
});

Deno.test("a directory that a proxy does not lead to is UNREACHABLE, and says why", async () => {
  await using proxy = new ProxyServer({ scheme: "http", login: "al:pw" });
  async function refusal(url: string, proxyUrl: string): Promise<string> {
    const client = new DirectoryClient(url, { proxy: proxyUrl });
    const error = await assertRejects(() => client.lookup("bob"), LektError);
    assertEquals(error.code, "UNREACHABLE");
    return error.message;
  }
  assertEquals(
    await refusal(ORIGIN, proxy.url()),
    `Cannot reach ${ORIGIN}: the proxy ${proxy.url()} asks for a user name and ` +
      'password: http://USER:PASSWORD@HOST:PORT (it says "407 Who are you?")',
  );
  await using directory = await startDirectory({
    port: 0,
    tls: await makeCertificate(),
    origins: ["https://dir.example"],
  });
  const { port } = new URL(directory.url);
  const said = await refusal(`https://127.0.0.1:${port}`, proxy.url("al:pw"));
  assert(/self.signed certificate/i.test(said), said);
});

Deno.test("watch() goes on when the proxy cannot be reached", async () => {
  await using directory = await startDirectory({ port: 0 });
  const proxy = new ProxyServer({ scheme: "socks5" });
  const dead = proxy.url();
  await proxy[Symbol.asyncDispose]();
  await using alive = new ProxyServer({ scheme: "socks5" });
  const proxies = [dead, dead, alive.url()];
  const client = new DirectoryClient(directory.url, {
    proxy: () => proxies.length > 1 ? proxies.shift() : proxies[0],
  });
  const watching = new AbortController();
  const events = client.watch("bob", { signal: watching.signal });
  assertEquals((await within(events.next(), "gone")).value?.type, "gone");
  watching.abort();
  await events.next();
});
