using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Vms;

namespace Couch.VersSimulator.Faults;

/// <summary>Faults by hand, over HTTP and without a key. <c>GET /faults</c> explains it.</summary>
internal static class FaultEndpoints
{
    private const int LastCalls = 100;

    public static void MapFaults(this IEndpointRouteBuilder app)
    {
        var faults = app.MapGroup("/faults");
        faults.MapGet("", Explain);
        faults.MapDelete("", Heal);
        faults.MapPost("rules", AddRule);
        faults.MapPost("down", Down);
        faults.MapPost("refuse_key", RefuseKey);
        faults.MapGet("vms", (Account account) => Reply.Ok(new AccountBody(account.MostClaimedByOneGuest, account.All)));
        faults.MapPut("vms/{id:guid}/state", (Guid id, StateBody body, Account account) => Found(account.Put(id, body.State)));
        faults.MapPut("vms/{id:guid}/usage", (Guid id, VmUsage usage, Account account) => Found(account.Use(id, _ => usage)));
        faults.MapDelete("vms/{id:guid}", (Guid id, Account account) => Found(account.Vanish(id)));
        faults.MapGet("journal", (int? last, Journal journal) => Reply.Ok(journal.Entries.TakeLast(last ?? LastCalls)));
    }

    private static Reply Explain(FaultInjection faults, SimulatorOptions options) => Reply.Ok(new
    {
        About = "FaultInjection that this simulated provider does on request. It is no part of the provider's API and needs no key. Times "
            + "are in seconds.",
        Calls = new[]
        {
            "POST /faults/rules: adds a rule; the oldest that matches a call wins",
            "DELETE /faults: heals, that is drops every rule",
            "POST /faults/down: the provider is down until healed",
            "POST /faults/refuse_key: the key is refused with 401 until healed",
            "GET /faults/vms: every VM ever made, and the most that one guest ever claimed at once",
            "PUT /faults/vms/{id}/state {\"state\": booting, running, paused, sleeping or dead}: by force; booting then never ends",
            "PUT /faults/vms/{id}/usage: what the VM has used, as its /proc will tell it",
            "DELETE /faults/vms/{id}: the VM vanishes",
            "GET /faults/journal?last=100: the last calls, each with what was done and what was answered",
        },
        Rule = new
        {
            Call = "any (the default), create, label, status, list, metadata, destroy, files, exec, disk, tag or commit",
            Effect = "one of the effects below",
            Probability = "for each call; 1 is the default",
            Times = "how often; until healed is the default",
        },
        Effects = new Dictionary<string, string>
        {
            ["answer"] = "status, retry_after: answers the error; nothing is done",
            ["drop"] = "breaks the connection; nothing is done",
            ["hang"] = "for: says nothing until the caller goes away or the time is over; nothing is done",
            ["lose_reply"] = "does it, then breaks the connection",
            ["do_then_answer"] = "status: does it, then answers the error (500 is the default)",
            ["do_late"] = "after: does it then, whether or not the caller is still there",
            ["answer_late"] = "after: does it at once, and answers then if the caller is still there",
            ["empty_list"] = "lists nothing",
            ["partial_list"] = "share: lists each VM with this probability (0.5 is the default)",
            ["stale_list"] = "by: lists what there was that long ago",
            ["empty_reply"] = "does it, then answers 200 without a body",
            ["die"] = "after: does it, and then the VM dies",
            ["vanish"] = "after: does it, and then the VM vanishes",
        },
        Examples = new FaultRule[]
        {
            new() { Call = Call.Create, Effect = new Effect.LoseReply(), Times = 1 },
            new() { Effect = Effect.TooMany(TimeSpan.FromSeconds(2)), Probability = 0.1 },
            new() { Call = Call.Create, Effect = new Effect.Die(TimeSpan.FromSeconds(30)), Times = 3 },
        },
        options.Seed,
        faults.Rules,
    });

    private static Reply AddRule(FaultRule rule, FaultInjection faults)
    {
        if (rule.WhyNot() is { } reason)
            return Reply.Error(400, reason);
        faults.Add(rule);
        return Reply.Ok(faults.Rules);
    }

    private static Reply Down(FaultInjection faults)
    {
        faults.Down();
        return Reply.Ok(faults.Rules);
    }

    private static Reply RefuseKey(FaultInjection faults)
    {
        faults.RefuseKey();
        return Reply.Ok(faults.Rules);
    }

    private static Reply Heal(FaultInjection faults)
    {
        faults.Heal();
        return Reply.Ok(faults.Rules);
    }

    private static Reply Found(bool found) => found ? Reply.Ok() : Reply.Error(404, "there is no such VM");
}

/// <summary>Any of the provider's states.</summary>
internal sealed record StateBody(VmState State);

/// <param name="MostClaimedByOneGuest">The most VMs that ever existed at the same time with one guest's claim.</param>
internal sealed record AccountBody(int MostClaimedByOneGuest, IReadOnlyList<VmView> Vms);
