package interop;

import java.util.List;
import java.util.Map;
import pub.dtm.client.DtmClient;
import pub.dtm.client.saga.Saga;
import pub.dtm.client.tcc.Tcc;

/** What a user of the SDK writes: transfers between two participants. */
final class Scenarios {
  private static final Map<String, Integer> BODY = Map.of("amount", 30);

  private final DtmClient client;
  private final Bank bank;
  private String gid = "";

  Scenarios(DtmClient client, Bank bank) {
    this.client = client;
    this.bank = bank;
  }

  /** The transaction's, known also where the SDK's call ended with an error. */
  String gid() {
    return gid;
  }

  void play(String name) throws Exception {
    switch (name) {
      case "saga" -> submit(saga("plain", "plain"));
      case "saga-refused" -> submit(saga("plain", "refuse"));
      case "saga-lost" -> submit(saga("lose", "refuse"));
      case "saga-concurrent" ->
          submit(saga("plain", "slow").enableConcurrent().addBranchOrder(0, List.of(1)));
      case "saga-waited" -> submit(saga("plain", "plain").enableWaitResult());
      case "saga-waited-refused" -> submit(saga("plain", "refuse").enableWaitResult());
      case "tcc" -> tcc("plain", "plain");
      case "tcc-refused" -> tcc("plain", "refuse");
      case "tcc-lost" -> tcc("lose", "lose");
      case "tcc-late" -> tcc("plain", "late");
      default -> throw new IllegalArgumentException(name);
    }
  }

  /** One URL serves a step and its compensation: the operation is in the query. */
  private Saga saga(String out, String in) {
    String from = bank.url("out", out);
    String to = bank.url("in", in);
    return client.newSaga().add(from, from, BODY).add(to, to, BODY);
  }

  private void submit(Saga saga) throws Exception {
    try {
      saga.submit();
    } finally {
      gid = saga.getGid();
    }
  }

  private void tcc(String out, String in) throws Exception {
    client.tccGlobalTransaction(
        tcc -> {
          gid = tcc.getGid();
          branch(tcc, bank.url("out", out));
          branch(tcc, bank.url("in", in));
        });
  }

  private static void branch(Tcc tcc, String url) throws Exception {
    tcc.callBranch(BODY, url, url, url).close();
  }
}
