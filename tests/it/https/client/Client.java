import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** A client of the JDK, with the vendor's host in its code. */
class Client {
    public static void main(String[] arguments) throws Exception {
        URI url = URI.create("https://api.cloud-elements.com/elements/api-v2/elements/keys");
        HttpRequest request = HttpRequest.newBuilder(url).header("Authorization", "User u, Organization o").build();
        System.out.println(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode());
    }
}
