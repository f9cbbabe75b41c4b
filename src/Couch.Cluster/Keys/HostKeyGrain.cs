using Couch.Cluster.Events;
using Couch.Cluster.Storage;
using Couch.Domain.Events;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Couch.Cluster.Keys;

[GrainType(GrainKinds.HostKey)]
internal sealed partial class HostKeyGrain(
    IGrainStorage storage,
    CouchDatabase database,
    EventRecords records,
    TimeProvider clock,
    ILogger<HostKeyGrain> log) : Grain, IHostKeyGrain
{
    private static readonly RowRules<HostKey> Rules = new() { Events = (before, after, _) => Transitions.Of(before, after) };

    private GrainRow<HostKey> row = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        row = new(GrainContext, GrainKinds.HostKey, storage, database, DeactivateOnIdle, Rules, records);
        return Task.CompletedTask;
    }

    public async Task<HostKey> Create(HostKey key)
    {
        if (await row.Read() is { } existing)
            return existing;

        key.MustBeNew(this.GetPrimaryKeyString());
        await row.Write(key);
        LogCreated(key.Id, key.Scopes.Each);
        return key;
    }

    public async Task<HostKey?> Revoke(Actor by)
    {
        if (await row.Read() is not { RevokedAt: null } key)
            return row.Current;

        var revoked = key.Revoke(by, clock.Now());
        await row.Write(revoked);
        LogRevoked(key.Id);
        return revoked;
    }

    [LoggerMessage(21, LogLevel.Information, "couch.key.created {KeyId}: {Scopes}", EventName = "couch.key.created")]
    private partial void LogCreated(HostKeyId keyId, IReadOnlyList<KeyScope> scopes);

    [LoggerMessage(22, LogLevel.Information, "couch.key.revoked {KeyId}", EventName = "couch.key.revoked")]
    private partial void LogRevoked(HostKeyId keyId);
}
