import io.trino.sql.parser.ParsingException;
import io.trino.sql.parser.SqlParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Reads one SQL statement a line, in Base64 of UTF-8, and answers one line for each: "ok", or "error" and the
 * parser's own text in Base64.
 */
public class ParseSql {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        SqlParser parser = new SqlParser();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String sql = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
            try {
                parser.createStatement(sql);
                out.println("ok");
            } catch (ParsingException error) {
                byte[] text = error.getMessage().getBytes(StandardCharsets.UTF_8);
                out.println("error " + Base64.getEncoder().encodeToString(text));
            }
        }
    }
}
