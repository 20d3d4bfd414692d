import "../handshake/exhaustive_test.ts";
import "../handshake/handshake_test.ts";
import "../handshake/limits_test.ts";
import "../handshake/property_test.ts";
import "../handshake/vectors_test.ts";
