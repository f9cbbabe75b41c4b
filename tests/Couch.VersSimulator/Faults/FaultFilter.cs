using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Vms;

namespace Couch.VersSimulator.Faults;

/// <summary>Stands between a call and the provider, and does to it what the rules say.</summary>
internal sealed class FaultFilter(FaultInjection faults, Account account, TimeProvider clock, IHostApplicationLifetime lifetime)
    : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var progress = Progress.Of(http);
        var call = http.GetEndpoint()!.Metadata.GetMetadata<CallName>()?.Call ?? Call.Unknown;
        var strike = call is Call.Unknown ? null : faults.Choose(call);
        progress.Fault = strike?.Effect;

        switch (strike?.Effect)
        {
            case null:
                return await Do();
            case Effect.Answer { Status: 502 or 503 or 504 } answer:
                return Reply.OfProxy(answer.Status) with { RetryAfter = answer.RetryAfter };
            case Effect.Answer answer:
                return Reply.Error(answer.Status, "a fault was asked for") with { RetryAfter = answer.RetryAfter };
            case Effect.Drop:
                return Silence();
            case Effect.Hang hang:
                await Wait(hang.For ?? Timeout.InfiniteTimeSpan, http.RequestAborted);
                return Silence();
            case Effect.LoseReply:
                OutliveCaller();
                await Do();
                return Silence();
            case Effect.DoThenAnswer then:
                await Do();
                return Reply.Error(then.Status, "a fault was asked for, after it was done");
            case Effect.DoLate late:
                OutliveCaller();
                await Wait(late.After, CancellationToken.None);
                return lifetime.ApplicationStopping.IsCancellationRequested ? Silence() : await Do();
            case Effect.AnswerLate late:
                var done = await Do();
                await Wait(late.After, http.RequestAborted);
                return lifetime.ApplicationStopping.IsCancellationRequested ? Silence() : done;
            case Effect.EmptyList:
                return await DoToList(_ => false);
            case Effect.PartialList part:
                return await DoToList(_ => strike.Chance.Falls(part.Share));
            case Effect.StaleList stale:
                await Do();
                return Reply.Ok(VmEndpoints.Listed(account, clock.GetUtcNow() - stale.By));
            case Effect.EmptyReply:
                await Do();
                return Reply.Ok();
            case Effect.Die die:
                return await DoToVm(vm => account.Kill(vm, die.After));
            case Effect.Vanish vanish:
                return await DoToVm(vm => account.Vanish(vm, vanish.After));
            default:
                throw new NotSupportedException($"{strike.Effect}");
        }

        async Task<Reply> Do()
        {
            var reply = (Reply)(await next(context))!;
            progress.Done = reply.Status;
            progress.Vm = reply.Body is CreatedBody created ? created.VmId
                : Guid.TryParse(http.GetRouteValue("vm_id") as string, out var id) ? id
                : null;
            return reply;
        }

        async Task<Reply> DoToList(Func<VmBody, bool> shows)
        {
            var reply = await Do();
            return reply.Body is VmBody[] vms ? reply with { Body = vms.Where(shows).ToArray() } : reply;
        }

        async Task<Reply> DoToVm(Action<Guid> act)
        {
            var reply = await Do();
            if (progress.Vm is { } vm)
                act(vm);
            return reply;
        }

        async Task Wait(TimeSpan time, CancellationToken gone)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(gone, lifetime.ApplicationStopping);
            await Task.Delay(time, clock, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // From here on the call only ends with the account itself: what was asked for is done though nobody waits for it.
        void OutliveCaller() => http.RequestAborted = lifetime.ApplicationStopping;

        Reply Silence()
        {
            progress.IsSilent = true;
            http.Abort();
            return Reply.None;
        }
    }
}
