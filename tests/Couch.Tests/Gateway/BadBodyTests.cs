using System.Text;
using Couch.Cluster;
using Couch.Cluster.Guests;
using Couch.Domain.Values;
using Couch.Tests.Support;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Couch.Tests.Gateway;

public sealed class BadBodyTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private const string Invites = "/couch/invites";
    private const string Guest = "/couch/guests/x/";

    [Theory]
    [InlineData("maxMemoryMB", "0.0000001", "at least 6")]
    [InlineData("maxMemoryMB", "5.99", "at least 6")]
    [InlineData("maxCpuCores", "0.001", "at least 0.01")]
    [InlineData("maxDiskGB", "1e-9", "at least 0.001")]
    public async Task A_limit_that_no_engine_can_keep_is_refused_with_the_least(string limit, string value, string words) =>
        Assert.Contains(
        $"resourceLimits.{limit} must be {words}",
        (await couch.Anyone.Post(
            "/couch/invites", $$$"""{"createdBy":"a","resourceLimits":{"{{{limit}}}":{{{value}}}}}""")).Is(400)["error"],
        StringComparison.Ordinal);

    [Theory]
    [InlineData(Invites, """{}""", "createdBy is required")]
    [InlineData(Invites, """{"createdBy":null}""", "createdBy is required")]
    [InlineData(Invites, """{"createdBy":"  "}""", "createdBy is required")]
    [InlineData(Invites, """{"createdBy":"\u200b\u200d "}""", "createdBy is required")]
    [InlineData(Invites, """{"createdBy":"\u202e\u2066"}""", "createdBy is required")]
    [InlineData(Invites, """{"createdBy":"\u3164\u034f\ufe0f"}""", "createdBy is required")]
    [InlineData(Invites, """{"createdBy":5}""", "createdBy has the wrong type, or is not valid text")]
    [InlineData(Invites, """{"createdBy":"\ud800"}""", "createdBy has the wrong type, or is not valid text")]
    [InlineData(Invites, """{"createdBy":"a\u0000"}""", "createdBy must not contain control characters")]
    [InlineData(Invites, """{"createdBy":"noah\n"}""", "createdBy must not contain control characters")]
    [InlineData(Invites, """{"createdBy":"a","label":"\u0085"}""", "label must not contain control characters")]
    [InlineData(Invites, """{"createdBy":"a","expiresInHours":0}""", "expiresInHours must be a number above 0, at most 720")]
    [InlineData(Invites, """{"createdBy":"a","expiresInHours":720.1}""", "expiresInHours must be a number above 0, at most 720")]
    [InlineData(Invites, """{"createdBy":"a","expiresInHours":"24"}""", "expiresInHours has the wrong type, or is not valid text")]
    [InlineData(Invites, """{"createdBy":"a","enforcement":"STOP"}""", "enforcement must be one of stop, report")]
    [InlineData(Invites, """{"createdBy":"a","enforcement":1}""", "enforcement has the wrong type, or is not valid text")]
    [InlineData(Invites, """{"createdBy":"a","resourceLimits":[]}""", "resourceLimits has the wrong type, or is not valid text")]
    [InlineData(Invites, """{"createdBy":"a","resourceLimits":{"maxCpuCores":1025}}""",
        "resourceLimits.maxCpuCores must be a number above 0, at most 1024")]
    [InlineData(Invites, """{"createdBy":"a","resourceLimits":{"maxMemoryMB":1e999}}""",
        "resourceLimits.maxMemoryMB must be a number above 0, at most 9007199254740991")]
    [InlineData(Invites, """{"createdBy":"a","resourceLimits":{"maxDiskGB":-1}}""",
        "resourceLimits.maxDiskGB must be a number above 0, at most 9007199254740991")]
    [InlineData(Invites, """{"createdBy":"a","resourceLimits":{"maxNetworkEgressGB":-0.1}}""",
        "resourceLimits.maxNetworkEgressGB must be a number from 0 to 9007199254740991")]
    [InlineData(Invites, """{"createdBy":"a","resourceLimits":{"maxDurationHours":721}}""",
        "resourceLimits.maxDurationHours must be a number above 0, at most 720")]
    [InlineData(Invites, """{"createdBy":"a","resourceLimits":{"maxTokenBudget":1.5}}""",
        "resourceLimits.maxTokenBudget must be a whole number from 0 to 9007199254740991")]
    [InlineData(Invites, """{"createdBy":"a","resourceLimits":{"maxTokenBudget":9007199254740992}}""",
        "resourceLimits.maxTokenBudget must be a whole number from 0 to 9007199254740991")]
    [InlineData(Invites, """{"createdBy":"a","permissions":{"canAccessInternet":"yes"}}""",
        "permissions.canAccessInternet has the wrong type, or is not valid text")]
    [InlineData(Invites, """{"createdBy":""", "the body is not valid JSON, at line 1, byte 14")]
    [InlineData(Invites, """{"createdBy":"a"} x""", "the body is not valid JSON, at line 1, byte 19")]
    [InlineData(Invites, """[]""", "the body must be a JSON object")]
    [InlineData(Invites, """null""", "a JSON object is required as the body")]
    [InlineData(Guest + "activate", """{"vmId":"a","agentEndpoint":"a\tb"}""", "agentEndpoint must not contain control characters")]
    [InlineData(Guest + "extend", """{"hours":true}""", "hours has the wrong type, or is not valid text")]
    public async Task A_bad_body_is_refused_by_a_sentence_that_names_the_field(string path, string body, string error) =>
        (await couch.Anyone.Post(path, body)).Refuses(400, error);

    [Theory]
    [InlineData("cpuSeconds", "-1", "cpuSeconds must be a number from 0 to 9007199254740991")]
    [InlineData("memoryPeakMB", "1e400", "memoryPeakMB must be a number from 0 to 9007199254740991")]
    [InlineData("networkEgressGB", "1e308", "networkEgressGB must be a number from 0 to 9007199254740991")]
    [InlineData("tokensUsed", "0.5", "tokensUsed must be a whole number from 0 to 9007199254740991")]
    [InlineData("tokensUsed", "-1", "tokensUsed must be a whole number from 0 to 9007199254740991")]
    [InlineData("uptimeSeconds", "\"NaN\"", "uptimeSeconds has the wrong type, or is not valid text")]
    public async Task A_counter_is_a_number_from_0_to_the_largest_that_every_reader_reads_exactly(
        string counter, string value, string error) =>
        (await couch.Anyone.Put(Guest + "usage", $$"""{"{{counter}}":{{value}}}""")).Refuses(400, error);

    [Theory]
    [InlineData("no\u200bah")]
    [InlineData("\u202eהאנ\u202c")]
    [InlineData("👩\u200d🚀")]
    public async Task What_is_not_seen_by_itself_is_kept_beside_what_is(string name) =>
        Assert.Equal(name, (await couch.Anyone.Invite(new { createdBy = name }))["createdBy"]);

    [Theory]
    [InlineData("createdBy", 128)]
    [InlineData("label", 256)]
    public async Task Text_has_a_length_counted_in_UTF_16(string field, int most)
    {
        object Body(string text) => new Dictionary<string, string> { ["createdBy"] = "a", [field] = text };

        await couch.Anyone.Invite(Body(" " + string.Concat(Enumerable.Repeat("🛋", most / 2)) + " "));
        (await couch.Anyone.Post(Invites, Body(string.Concat(Enumerable.Repeat("🛋", most / 2)) + "x"))).Refuses(
            400, $"{field} must be at most {most} characters");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=latin1")]
    [InlineData("application/problem+json")]
    [InlineData("")]
    public async Task A_body_that_is_not_JSON_is_refused_wherever_it_goes(string contentType)
    {
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Post, Invites), (HttpMethod.Post, "/couch/redeem"), (HttpMethod.Post, "/couch/checkout"),
            (HttpMethod.Put, Guest + "usage"), (HttpMethod.Delete, "/couch/guests/x"), (HttpMethod.Delete, "/couch/invites/x"),
        })
            (await couch.Anyone.Send(method, path, Caller.Text("{}", contentType))).Refuses(415, "the body must be application/json");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON; charset=UTF-8")]
    [InlineData("application/json;charset=\"utf-8\"")]
    public async Task JSON_in_UTF_8_is_read(string contentType) =>
        (await couch.Anyone.Send(HttpMethod.Post, Invites, Caller.Text("""{"createdBy":"noah"}""", contentType))).Is(201);

    /// <summary>The door asks the same rules before it calls a grain; should it forget one, the caller is still told.</summary>
    [Fact]
    public async Task What_only_a_grain_refuses_is_a_400_in_its_words()
    {
        await using var own = await CouchHost.Start(builder => builder.UseOrleans(silo => silo.AddIncomingGrainCallFilter(call =>
            call.InterfaceMethod?.Name is nameof(IGuestGrain.Kill)
                ? throw new OutOfBoundsException("the moon must be full")
                : call.Invoke())));
        var stay = (await own.Anyone.Arrive()).Is(201);
        (await own.Anyone.Delete($"/couch/guests/{stay["guestId"]}")).Refuses(400, "the moon must be full");
    }

    [Fact]
    public async Task A_missing_body_is_asked_for()
    {
        foreach (var path in new[] { Invites, "/couch/redeem", Guest + "activate", Guest + "extend" })
            (await couch.Anyone.Post(path)).Refuses(400, "a JSON object is required as the body");
    }

    [Fact]
    public async Task A_body_over_64_KiB_is_refused_whether_it_says_its_length_or_not()
    {
        var large = "{\"createdBy\":\"" + new string('a', 64 * 1024) + "\"}";
        (await couch.Anyone.Post(Invites, large)).Refuses(413, "the body must not exceed 64 KiB");

        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(large));
        using var unsized = new StreamContent(new Unseekable(stream));
        unsized.Headers.ContentType = new("application/json");
        (await couch.Anyone.Send(HttpMethod.Post, Invites, unsized)).Refuses(413, "the body must not exceed 64 KiB");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("gzip, identity")]
    public async Task A_compressed_body_is_of_a_type_that_is_not_read(string encoding)
    {
        foreach (var path in new[] { Invites, "/couch/redeem", "/couch/checkout" })
        {
            using var content = Caller.Text("""{"createdBy":"noah"}""");
            content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            (await couch.Anyone.Send(HttpMethod.Post, path, content)).Refuses(415, "the body must not be compressed");
        }

        using var plain = Caller.Text("""{"createdBy":"noah"}""");
        plain.Headers.TryAddWithoutValidation("Content-Encoding", "identity");
        (await couch.Anyone.Send(HttpMethod.Post, Invites, plain)).Is(201);
    }

    [Theory]
    [InlineData(Invites, """{"createdBy":"a","permissions":{"canAccessInternet":false},"permissions":{}}""", "permissions")]
    [InlineData(Invites, """{"createdBy":"a","permissions":{"canAccessInternet":false,"canAccessInternet":true}}""",
        "permissions.canAccessInternet")]
    [InlineData(Invites, """{"createdBy":"a","createdB\u0079":"b"}""", "createdBy")]
    [InlineData(Invites, """{"createdBy":"a","unknown":[{"a":1},{"b":{"c":1,"c":1}}]}""", "unknown.b.c")]
    [InlineData("/couch/redeem", """{"code":"inv_x","name":"a","name":"b"}""", "name")]
    [InlineData("/couch/checkout", """{"token":"guest_x","token":"guest_y"}""", "token")]
    [InlineData(Guest + "extend", """{"hours":1,"hours":2}""", "hours")]
    public async Task A_name_that_is_given_twice_is_refused_at_every_depth(string path, string body, string name) =>
        (await couch.Anyone.Post(path, body)).Refuses(400, $"{name} must not be given twice");

    /// <summary>The reader of bodies skips a byte order mark, and does not mind what is no text in a name that it does not know.</summary>
    [Theory]
    [InlineData("\u00ef\u00bb\u00bf{\"createdBy\":\"a\",REPEATED}", "permissions must not be given twice")]
    [InlineData("{\"createdBy\":\"a\",\"\u00ff\":1,REPEATED}", null)]
    [InlineData("{\"createdBy\":\"a\",\"\\ud800\":1,REPEATED}", null)]
    public async Task A_name_is_not_given_twice_behind_what_not_every_reader_reads(string latin1, string? error)
    {
        const string repeated = "\"permissions\":{\"canAccessInternet\":false},\"permissions\":{}";
        var body = latin1.Replace("REPEATED", repeated, StringComparison.Ordinal);
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        content.Headers.ContentType = new("application/json");
        (await couch.Anyone.Send(HttpMethod.Post, Invites, content)).Refuses(400, error);
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_part_of_a_body()
    {
        using var content = Caller.Text("\ufeff{\"createdBy\":\"noah\"}");
        (await couch.Anyone.Send(HttpMethod.Post, Invites, content)).Is(201);
    }

    [Fact]
    public async Task Names_may_come_again_in_another_object_and_differ_by_case() =>
        (await couch.Anyone.Post(Invites, """{"createdBy":"a","createdby":"b","x":[{"y":1},{"y":2}],"z":{"y":3}}""")).Is(201);

    [Fact]
    public async Task A_body_in_chunks_that_is_empty_is_no_body()
    {
        Task<Answer> Send(HttpMethod method, string path, Caller caller)
        {
            var content = new StreamContent(new Unseekable(new MemoryStream()));
            return caller.Sending("Transfer-Encoding", "chunked").Send(method, path, content);
        }

        var (one, other) = (await couch.Anyone.Arrive(), await couch.Anyone.Arrive());
        (await Send(HttpMethod.Get, "/couch/guests", couch.Anyone)).Is(200);
        (await Send(HttpMethod.Get, $"/couch/status?token={one["authToken"]}", couch.Anyone)).Is(200);
        (await Send(HttpMethod.Post, "/couch/checkout", couch.With(one["authToken"]!))).Is(200);
        (await Send(HttpMethod.Delete, $"/couch/guests/{other["guestId"]}", couch.Anyone)).Is(200);
        (await Send(HttpMethod.Post, Invites, couch.Anyone)).Refuses(400, "a JSON object is required as the body");
    }

    [Fact]
    public async Task HEAD_is_GET_without_the_body()
    {
        foreach (var path in new[] { "/", "/health", "/health/ready", "/metrics", "/openapi/v1.json", Invites, "/couch/guests",
            $"/couch/status?token={(await couch.Anyone.Arrive())["authToken"]}" })
        {
            var (head, get) = (await couch.Anyone.Send(HttpMethod.Head, path), await couch.Anyone.Get(path));
            Assert.Equal((200, "", get.Is(200).ContentHeaders.ContentType), (head.Status, head.Body, head.ContentHeaders.ContentType));
        }

        Assert.Equal((405, ""), ((await couch.Anyone.Send(HttpMethod.Head, "/couch/redeem")).Status,
            (await couch.Anyone.Send(HttpMethod.Head, "/couch/redeem")).Body));
        Assert.Equal(404, (await couch.Anyone.Send(HttpMethod.Head, "/couch/nothing")).Status);
    }

    [Fact]
    public async Task A_path_or_a_method_that_is_not_there_is_said_as_a_problem()
    {
        (await couch.Anyone.Get("/couch/nothing")).Refuses(404);
        (await couch.Anyone.Get("/nowhere")).Refuses(404);
        Assert.Contains("DELETE", (await couch.Anyone.Post("/couch/guests/x", "{}")).Refuses(405).ContentHeaders.Allow);
        (await couch.Anyone.Send(HttpMethod.Patch, Invites, Caller.Text("x", "text/plain"))).Refuses(405);
    }

    /// <summary>A stream whose length nobody knows, so that it is sent in chunks.</summary>
    private sealed class Unseekable(Stream inner) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Flush() { }
    }
}
