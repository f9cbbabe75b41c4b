
namespace Couch.Tests.Support;

/// <summary>What people do with a couch, as one line each.</summary>
internal static class Visits
{
    public static async Task<Answer> Invite(this Caller host, object? body = null) =>
        (await host.Post("/couch/invites", body ?? new { createdBy = "noah" })).Is(201);

    public static Task<Answer> Redeem(this Caller guest, Answer invite, string name = "guest-1") =>
        guest.Post("/couch/redeem", new { code = invite["code"], name });

    /// <summary>A guest who has just arrived, by an invite of its own.</summary>
    public static async Task<Answer> Arrive(this Caller host, object? invite = null) =>
        (await host.Redeem(await host.Invite(invite))).Is(201);

    /// <summary>An invite whose time is up: the shortest there is, and a second later.</summary>
    public static async Task<Answer> OverdueInvite(this Caller host)
    {
        var invite = await host.Invite(new { createdBy = "noah", expiresInHours = 1e-9 });
        await Until.True(
            async () =>
                (await host.Get($"/couch/invites/{invite["id"]}"))["status"] is "expired", TimeSpan.FromSeconds(15), "its second is over");
        return invite;
    }

    /// <summary>A capability that is wrong in its last character alone.</summary>
    public static string Forged(string genuine) => genuine[..^1] + (genuine[^1] == 'A' ? 'B' : 'A');
}
