import "../session/control_queue_test.ts";
import "../session/conversation_vectors_test.ts";
import "../session/flow_test.ts";
import "../session/liveness_test.ts";
import "../session/short_controls_test.ts";
