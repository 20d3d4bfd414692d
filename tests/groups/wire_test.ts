import "../wire_initiator_test.ts";
import "../wire_messages_test.ts";
import "../wire_responder_test.ts";
