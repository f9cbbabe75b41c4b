namespace Couch.Tests.Vms;

/// <summary>
/// What one life of a couch calls out through. Cut, it drops every call under way and takes no other, as a process does that dies.
/// </summary>
internal sealed class Wire : IDisposable
{
    private readonly CancellationTokenSource cut = new();

    public void Cut() => cut.Cancel();

    public void Dispose() => cut.Dispose();

    public DelegatingHandler End() => new Handler(cut.Token);

    private sealed class Handler(CancellationToken cut) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cut);
            try
            {
                return await base.SendAsync(request, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new HttpRequestException("the wire is cut");
            }
        }
    }
}
