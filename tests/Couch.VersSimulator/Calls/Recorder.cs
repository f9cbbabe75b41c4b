using Couch.VersSimulator.Vms;

namespace Couch.VersSimulator.Calls;

/// <summary>Enters every call in the journal, and answers what never became a call in the provider's one shape.</summary>
internal sealed class Recorder(RequestDelegate next, Journal journal, Account account)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (!http.Request.Path.StartsWithSegments("/api"))
        {
            await Answer(http);
            return;
        }

        var call = http.GetEndpoint()?.Metadata.GetMetadata<CallName>()?.Call ?? Call.Unknown;
        var entry = journal.Begin(call, http.Request.Method, http.Request.Path);
        var progress = new Progress(entry);
        http.Features.Set(progress);
        // Taken now: a call that outlives its caller gets another.
        var gone = http.RequestAborted;
        // Before the first byte goes out, so that whoever has the answer finds it in the journal.
        http.Response.OnStarting(() =>
        {
            var arrives = !progress.IsSilent && !gone.IsCancellationRequested;
            journal.End(entry, Outcome(http, progress, arrives ? http.Response.StatusCode : null));
            return Task.CompletedTask;
        });
        try
        {
            await Answer(http);
        }
        finally
        {
            if (entry.Outcome is null)
                journal.End(entry, Outcome(http, progress, replied: null));
        }
    }

    private JournalOutcome Outcome(HttpContext http, Progress progress, int? replied)
    {
        var vm = progress.Vm ?? (Guid.TryParse(http.GetRouteValue("vm_id") as string, out var id) ? id : null);
        return new()
        {
            Vm = vm,
            Guest = vm is null ? null : account.GuestOf(vm.Value),
            Fault = progress.Fault,
            Done = progress.Done,
            Replied = replied,
        };
    }

    private async Task Answer(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (BadHttpRequestException unreadable)
        {
            await Reply.Error(unreadable.StatusCode, unreadable.InnerException?.Message ?? unreadable.Message).ExecuteAsync(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked is gone, and so is the question.
        }
    }
}
