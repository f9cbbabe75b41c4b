using System.Text;
using Couch.Cluster;
using CsCheck;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>Thousands of requests that nobody in their right mind would send.</summary>
public sealed class HostileClientTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private static readonly string[] Endpoints =
    [
        "POST /couch/invites", "GET /couch/invites", "GET /couch/invites/{id}", "DELETE /couch/invites/{id}", "GET /couch/invites/preview",
        "POST /couch/invites/preview", "POST /couch/redeem", "GET /couch/status", "POST /couch/checkout", "GET /join", "POST /join",
        "GET /couch/guests", "GET /couch/guests/{id}", "GET /couch/guests/{id}/status", "DELETE /couch/guests/{id}",
        "POST /couch/guests/{id}/activate", "PUT /couch/guests/{id}/usage", "POST /couch/guests/{id}/extend",
        "POST /couch/console/sign-in", "POST /couch/console/sign-out", "GET /couch/console/session", "GET /console/{id}", "GET /",
        "GET /health", "PATCH /couch/guests", "GET /nowhere/{id}",
    ];

    private static readonly string[] Names =
    [
        "createdBy", "label", "resourceLimits", "permissions", "expiresInHours", "enforcement", "maxCpuCores", "maxMemoryMB", "maxDiskGB",
        "maxNetworkEgressGB", "maxDurationHours", "maxTokenBudget", "canAccessInternet", "code", "inviteCode", "name", "publicKey", "token",
        "vmId", "agentEndpoint", "hours", "cpuSeconds", "memoryPeakMB", "diskUsedGB", "networkEgressGB", "tokensUsed", "uptimeSeconds",
        "key", "ticket", "status", "limit", "cursor", "unknown", "\\ud800", "",
    ];

    private static readonly string[] Scalars =
    [
        "null", "true", "0", "-0", "-1", "1", "0.1", "1e999", "-1e999", "1e-999", "5e-324", "1.7976931348623157e308", "9007199254740992",
        "18446744073709551616", "100.0", "720", "\"\"", "\" \"", "\"stop\"", "\"report\"", "\"active\"", "\"\\ud800\"", "\"\\udc00x\"",
        "\"\\u0000\"", "\"\\n\"", "\"\\uffff\"", "\"guest-1\"", "\"inv_x\"", "\"guest_x\"", "\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA\"",
        "nul", "{", "\"\u00ff", "\u0000",
    ];

    private static readonly Gen<string> Text = Gen.OneOf(Gen.String[0, 40], Gen.String[Gen.Char.AlphaNumeric, 0, 700], Any(Scalars));

    private static readonly Gen<string> Scalar = Gen.Frequency(
        (6, Any(Scalars)), (2, Gen.Double.Select(number => number.ToString("R", null))),
        (2, Gen.String[0, 300].Select(text => System.Text.Json.JsonSerializer.Serialize(text))));

    private static readonly Gen<string> Value = Gen.Frequency(
        (6, Scalar), (2, Object(Scalar)), (1, Object(Object(Scalar))), (1, Scalar.Select(item => $"[{item}]")));

    private static readonly Gen<byte[]> Body = Gen.Frequency(
        (8, Object(Value).Select(Encoding.UTF8.GetBytes)), (1, Value.Select(Encoding.UTF8.GetBytes)), (1, Gen.Byte.Array[0, 200]));

    [Fact]
    public async Task Nothing_a_client_sends_is_a_failure_of_the_couch()
    {
        var invite = await couch.Anyone.Invite();
        var guest = await couch.Anyone.Arrive();
        var known = new[] { invite["id"]!, invite["code"]!, guest["guestId"]!, guest["authToken"]!, Visits.Forged(guest["authToken"]!),
            "7ZZZZZZZZZZZZZZZZZZZZZZZZZ" };
        var word = Gen.OneOf(Any(known), Text);

        // Kestrel itself turns down a NUL in a path, before there is a request.
        var id = Gen.OneOf(Any(known), Text.Select(text => text.Replace("\0", "", StringComparison.Ordinal)));
        var query = Gen.Select(Any(Names), word).Array[0, 3];
        var headers = Gen.Select(Any("Idempotency-Key", "Authorization", "X-Forwarded-For", "Accept", "Expect", "Cookie", "Couch-Console",
            "If-None-Match", "Accept-Encoding", "Sec-Fetch-Site", "Origin"), word).Array[0, 2];
        var type = Gen.Frequency((8, Gen.Const("application/json")),
            (1, Any("", "text/plain", "application/json; charset=\"utf-8\"", "application/json; charset=", ";")));

        await Gen.Select(Any(Endpoints), id, query, headers, type, Body).SampleAsync(
            async (endpoint, sampledId, sampledQuery, sampledHeaders, sampledType, body) =>
            {
                var (method, path) = (endpoint.Split(' ')[0], endpoint.Split(' ')[1].Replace("{id}", Escape(sampledId),
                    StringComparison.Ordinal));
                var caller = sampledHeaders.Where(header => header.Item1 != "Expect").Aggregate(
                    couch.Anyone, (caller, header) => caller.Sending(
                        header.Item1, header.Item1 == "Authorization" ? "Bearer " + Line(header.Item2) : Line(header.Item2)));
                using var content = new ByteArrayContent(body);
                content.Headers.TryAddWithoutValidation("Content-Type", sampledType);

                var answer = await caller.Send(
                    new HttpMethod(method), path + "?" + string.Join(
                        '&', sampledQuery.Select(pair => Escape(pair.Item1) + "=" + Escape(pair.Item2))),
                    method == "GET" ? null : content);

                Assert.True(answer.Status < 500, $"{endpoint} {answer.Status} {answer.Body}");
                if (answer.Status >= 400)
                    answer.Refuses(answer.Status);
            },
            iter: Length.Of(4000, 40_000));
    }

    private static Gen<string> Any(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Gen<string> Object(Gen<string> value) =>
        Gen.Select(Any(Names), value).Array[0, 6].Select(
            fields => "{" + string.Join(',', fields.Select(pair => $"\"{pair.Item1}\":{pair.Item2}")) + "}");

    // Lone surrogates cannot be escaped; they go as they are, percent for percent.
    private static string Escape(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(octet => $"%{octet:X2}"));

    // What a header cannot carry never gets as far as the couch.
    private static string Line(string text) => new([.. text.Where(letter => !char.IsControl(letter) && !char.IsSurrogate(letter))]);
}
