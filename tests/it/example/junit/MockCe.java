import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.UUID;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A JUnit 5 extension: one server for the whole run, and an organization for each test that asks for one.
 *
 * <p>Write {@code @ExtendWith(MockCe.class)} on the class and a parameter {@code MockCe.Organization ce} in the test.
 */
public final class MockCe implements ParameterResolver {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** One organization of the server: its test sees nothing of what other tests do. */
    public record Organization(String url, String secret) implements CloseableResource {
        public String authorization() {
            return "User u, Organization " + secret;
        }

        /** Calls the control API for this organization alone: {@code admin("GET", "/requests", "")}. */
        public String admin(String method, String path, String body) throws IOException, InterruptedException {
            URI target = URI.create(url).resolve("/__admin" + path + "?organization=" + secret);
            HttpRequest request = HttpRequest.newBuilder(target).header("Content-Type", "application/json")
                    .method(method, BodyPublishers.ofString(body)).build();
            return CLIENT.send(request, BodyHandlers.ofString()).body();
        }

        /** Forgets what the test has made. */
        @Override
        public void close() throws Exception {
            admin("DELETE", "/state", "");
        }
    }

    /** The server of {@code mock-ce exec -- COMMAND}, or one that is started here and ends with the run. */
    private record Server(String url, Process process) implements CloseableResource {
        static Server start() {
            String given = System.getenv("MOCK_CE_URL");
            if (given != null) {
                return new Server(given, null);
            }
            try {
                Process process = new ProcessBuilder("mock-ce", "serve", "--listen", "127.0.0.1:0", "--log", "off")
                        .redirectError(ProcessBuilder.Redirect.INHERIT).start();
                return new Server(new BufferedReader(new InputStreamReader(process.getInputStream())).readLine(), process);
            } catch (IOException error) {
                throw new IllegalStateException("mock-ce does not start; is it on the PATH?", error);
            }
        }

        @Override
        public void close() {
            if (process != null) {
                process.destroy();
            }
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Organization.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        var server = context.getRoot().getStore(Namespace.GLOBAL).getOrComputeIfAbsent("mock-ce", name -> Server.start(), Server.class);
        var own = context.getStore(Namespace.create(MockCe.class));
        return own.getOrComputeIfAbsent("organization", name -> new Organization(server.url(), "test-" + UUID.randomUUID()));
    }
}
