package interop;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import pub.dtm.client.barrier.BranchBarrier;
import pub.dtm.client.exception.FailureException;
import pub.dtm.client.utils.JsonUtils;

/**
 * The participants: accounts that only change behind the SDK's barrier. Modes: {@code refuse} says
 * no to the forward operation, {@code lose} loses the first reply to each operation, {@code late}
 * does the forward operation after it was undone, {@code slow} takes its time.
 */
final class Bank {
  private static final Set<String> FORWARD = Set.of("action", "try");
  private static final Set<String> BACKWARD = Set.of("compensate", "cancel");

  /** What an operation does to the balance and to what is reserved, in amounts. */
  private static final Map<String, int[]> MOVES =
      Map.of(
          "out action", new int[] {-1, 0},
          "out compensate", new int[] {1, 0},
          "out try", new int[] {-1, 1},
          "out confirm", new int[] {0, -1},
          "out cancel", new int[] {1, -1},
          "in action", new int[] {1, 0},
          "in compensate", new int[] {-1, 0},
          "in try", new int[] {0, 1},
          "in confirm", new int[] {1, -1},
          "in cancel", new int[] {0, -1});

  private final String database;
  private final HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch undone = new CountDownLatch(1);
  private final Set<String> lost = ConcurrentHashMap.newKeySet();
  private final List<List<String>> calls = Collections.synchronizedList(new ArrayList<>());

  Bank(int databasePort) throws IOException {
    database = "jdbc:mariadb://127.0.0.1:" + databasePort + "/bank?user=root";
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  String url(String account, String mode) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/" + account + "/" + mode;
  }

  /** Account, operation and outcome of each call, in the order of their ends. */
  List<List<String>> calls() {
    return calls;
  }

  /** Waits for the calls under way: some are meant to be late. */
  void close() throws InterruptedException {
    server.stop(0);
    threads.shutdown();
    threads.awaitTermination(30, TimeUnit.SECONDS);
  }

  private void handle(HttpExchange exchange) throws IOException {
    String[] path = exchange.getRequestURI().getPath().split("/");
    Map<String, String[]> query = query(exchange);
    String operation = query.get("op")[0];
    int amount = JsonUtils.parseJson(exchange.getRequestBody().readAllBytes(), Body.class).amount;
    int status = serve(path[1], path[2], query, amount);
    boolean isLost = path[2].equals("lose") && isFirst(operation);
    try (exchange) { // Closed without a reply, it breaks the connection.
      if (!isLost) {
        reply(exchange, status);
      }
    }
  }

  static final class Body {
    public int amount;
  }

  private static Map<String, String[]> query(HttpExchange exchange) {
    Map<String, String[]> found = new HashMap<>();
    for (String pair : exchange.getRequestURI().getQuery().split("&")) {
      String[] parts = pair.split("=", 2);
      found.put(parts[0], new String[] {parts[1]});
    }
    return found;
  }

  private static void reply(HttpExchange exchange, int status) throws IOException {
    byte[] text = (status == 200 ? "{\"dtm_result\":\"SUCCESS\"}" : "FAILURE").getBytes();
    exchange.sendResponseHeaders(status, text.length);
    exchange.getResponseBody().write(text);
  }

  /** Nobody repeats a try, so its reply never gets lost. */
  private boolean isFirst(String operation) {
    return !operation.equals("try") && lost.add(operation);
  }

  private int serve(String account, String mode, Map<String, String[]> query, int amount) {
    String operation = query.get("op")[0];
    try {
      if (mode.equals("late") && FORWARD.contains(operation)) {
        undone.await(30, TimeUnit.SECONDS);
      }
      if (mode.equals("slow")) {
        Thread.sleep(300);
      }
      calls.add(List.of(account, operation, work(account, mode, query, amount)));
    } catch (FailureException refusal) {
      calls.add(List.of(account, operation, "refused"));
      return 409;
    } catch (Exception error) {
      error.printStackTrace();
      return 500;
    }
    if (BACKWARD.contains(operation)) {
      undone.countDown();
    }
    return 200;
  }

  /** Returns what came of it, seen from the barrier's other side. */
  private String work(String account, String mode, Map<String, String[]> query, int amount)
      throws Exception {
    List<String> outcome = new ArrayList<>(List.of("suppressed"));
    try (Connection connection = DriverManager.getConnection(database)) {
      new BranchBarrier(query)
          .call(
              connection,
              barrier -> {
                String operation = barrier.getOp();
                if (mode.equals("refuse") && FORWARD.contains(operation)) {
                  throw new FailureException("no");
                }
                if (operation.equals("compensate") && !wasDone(connection, barrier)) {
                  outcome.set(0, "unneeded");
                  return;
                }
                move(connection, account, operation, amount);
                outcome.set(0, "done");
              });
    }
    return outcome.get(0);
  }

  /** This SDK's barrier knows an empty rollback of a TCC only; a saga's is the user's to see. */
  private static boolean wasDone(Connection connection, BranchBarrier barrier)
      throws SQLException {
    String sql = "SELECT 1 FROM barrier WHERE gid = ? AND branch_id = ? AND op = 'action'";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setString(1, barrier.getGid());
      query.setString(2, barrier.getBranchId());
      try (ResultSet rows = query.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static void move(Connection connection, String account, String operation, int amount)
      throws SQLException {
    int[] signs = MOVES.get(account + " " + operation);
    String sql =
        "UPDATE accounts SET balance = balance + ?, reserved = reserved + ? WHERE name = ?";
    try (PreparedStatement update = connection.prepareStatement(sql)) {
      update.setInt(1, signs[0] * amount);
      update.setInt(2, signs[1] * amount);
      update.setString(3, account);
      update.executeUpdate();
    }
  }
}
