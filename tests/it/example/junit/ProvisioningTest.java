import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(MockCe.class)
class ProvisioningTest {
    private static final String MAILJET = """
            {"element": {"key": "mailjet"}, "name": "Test",
             "configuration": {"mailjet.api.key": "k", "mailjet.api.secret": "s"}}""";

    /** Stands for your own client, which takes the URL and the credentials as settings. */
    private static HttpResponse<String> ask(MockCe.Organization ce, String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(ce.url() + path)).header("Content-Type", "application/json")
                .header("Authorization", ce.authorization()).method(method, BodyPublishers.ofString(body)).build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    }

    @Test
    void anInstanceIsProvisionedAndDeleted(MockCe.Organization ce) throws Exception {
        assertEquals(200, ask(ce, "POST", "/instances", MAILJET).statusCode());
        assertEquals(200, ask(ce, "DELETE", "/instances/1234", "").statusCode());
        assertTrue(ce.admin("GET", "/requests", "").contains("\"rule\":\"instance-delete\""));
    }

    @Test
    void aCreationIsRefusedOnOrder(MockCe.Organization ce) throws Exception {
        ce.admin("POST", "/script", "{\"match\": {\"method\": \"POST\"}, \"when\": {\"first\": 1}, \"effect\": {\"status\": 503}}");
        assertEquals(503, ask(ce, "POST", "/instances", MAILJET).statusCode());
    }
}
