import { assertEquals } from "@std/assert";
import { addressKey, hostKey } from "../../src/transport/address_key.ts";

Deno.test("addressKey() takes the /64 of an IPv6 address for one client", () => {
  assertEquals(addressKey("192.0.2.7"), "192.0.2.7");
  const key = addressKey("2001:db8:1:2:3:4:5:6");
  assertEquals(key, "2001:db8:1:2");
  assertEquals(addressKey("2001:db8:1:2::9"), key);
  assertEquals(addressKey("2001:db8::9"), "2001:db8:0:0");
  assertEquals(addressKey("::1"), "0:0:0:0");
  assertEquals(addressKey("fe80::1%eth0"), "fe80:0:0:0");
});

Deno.test("addressKey() takes each IPv4 address for one client, also where IPv6 is listened on", () => {
  for (
    const [text, key] of [
      ["::ffff:192.0.2.7", "192.0.2.7"],
      ["::FFFF:192.0.2.8", "192.0.2.8"],
      ["::ffff:c000:209", "192.0.2.9"],
      ["0:0:0:0:0:ffff:0.0.0.1", "0.0.0.1"],
      ["::ffff:255.255.255.255", "255.255.255.255"],
      // Mapped otherwise, or not at all.
      ["::fffe:192.0.2.7", "0:0:0:0"],
      ["64:ff9b::192.0.2.7", "64:ff9b:0:0"],
      ["1::ffff:192.0.2.7", "1:0:0:0"],
    ]
  ) {
    assertEquals([text, addressKey(text!)], [text, key]);
  }
});

Deno.test("addressKey() knows an IPv6 address in whatever way it is written, and lets be what is none", () => {
  for (
    const [text, key] of [
      ["::", "0:0:0:0"],
      ["1::", "1:0:0:0"],
      ["1:2:3:4:5:6:7::", "1:2:3:4"],
      ["::2:3:4:5:6:7:8", "0:2:3:4"],
      ["2001:DB8::0001:0:0:9", "2001:db8:0:0"],
      ["1:2", "1:2"],
      ["unix:/run/x", "unix:/run/x"],
      ["bob.example", "bob.example"],
      ["", ""],
    ]
  ) {
    assertEquals([text, addressKey(text!)], [text, key]);
  }
});

Deno.test("hostKey() leaves the port out, and the brackets", () => {
  for (
    const [text, key] of [
      ["192.0.2.7:7", "192.0.2.7"],
      ["[2001:db8::9]:7", "2001:db8:0:0"],
      ["[2001:db8::9]", "2001:db8:0:0"],
      ["[::ffff:192.0.2.7]:7", "192.0.2.7"],
      ["bob.example:7", "bob.example"],
      ["unix:/run/x", "unix:/run/x"],
    ]
  ) {
    assertEquals([text, hostKey(text!)], [text, key]);
  }
});
