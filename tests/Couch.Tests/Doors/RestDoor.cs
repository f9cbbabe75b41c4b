using Couch.Tests.Support;

namespace Couch.Tests.Doors;

/// <summary>Plain HTTP.</summary>
internal sealed class RestDoor(Uri couch) : IDoor
{
    private Caller Anyone => new(couch);

    public async Task<Said> Preview(string code) => Heard(await Anyone.Post("/couch/invites/preview", new { code }));

    public async Task<Said> Redeem(string code, string name, string? idempotencyKey) =>
        Heard(await (idempotencyKey is null ? Anyone : Anyone.Sending("Idempotency-Key", idempotencyKey)).Post(
            "/couch/redeem", new { code, name }));

    public async Task<Said> Stay(string token, int wait) =>
        Heard(await With(token).Get(wait == 0 ? "/couch/status" : $"/couch/status?wait={wait}"));

    public async Task<Said> CheckOut(string token) => Heard(await With(token).Post("/couch/checkout"));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Caller With(string token) => Anyone.Sending("Authorization", $"Bearer {token}");

    private static Said Heard(Answer answer) => new(answer.Status < 400 ? answer.Json : null, answer.Body);
}
