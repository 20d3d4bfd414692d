import "../directory/connections_test.ts";
import "../directory/reasons_test.ts";
import "../directory/server_test.ts";
