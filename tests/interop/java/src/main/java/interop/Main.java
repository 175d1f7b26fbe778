package interop;

import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;
import pub.dtm.client.DtmClient;
import pub.dtm.client.utils.JsonUtils;

/**
 * Plays one scenario with DTM's own Java SDK, as its users write it; serves the participants as
 * well. A line of JSON tells how the SDK's call ended; when the input ends, another tells the
 * calls that the participants had.
 */
public final class Main {
  /** Arguments: the scenario, treatyd's host and port, the port of a MariaDB. */
  public static void main(String[] arguments) throws Exception {
    // Whatever a library prints, the test's own lines have the output to themselves.
    PrintStream output = System.out;
    System.setOut(System.err);
    Bank bank = new Bank(Integer.parseInt(arguments[2]));
    Scenarios scenarios = new Scenarios(new DtmClient(arguments[1]), bank);
    output.println(JsonUtils.toJson(play(scenarios, arguments[0])));
    while (System.in.read() >= 0) {}
    bank.close();
    output.println(JsonUtils.toJson(bank.calls()));
    output.flush();
    System.exit(0); // The SDK's HTTP client keeps threads.
  }

  private static Map<String, Object> play(Scenarios scenarios, String name) {
    Map<String, Object> told = new HashMap<>();
    told.put("error", null);
    try {
      scenarios.play(name);
    } catch (Exception error) { // Whatever it is, the test judges it.
      error.printStackTrace();
      told.put("error", error.getClass().getSimpleName());
    }
    told.put("gid", scenarios.gid());
    return told;
  }
}
