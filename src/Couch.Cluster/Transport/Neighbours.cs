using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Couch.Cluster.Configuration;
using Couch.Cluster.Storage;

namespace Couch.Cluster.Transport;

/// <summary>
/// Checks, before this process joins the silos that run on its database, whether they and it accept each other. Orleans would try
/// for minutes and report no more than that a ping was not answered. Nothing is written before this is known, so a process that may
/// not join disturbs no other process.
/// </summary>
internal sealed class Neighbours(CouchOptions options, CouchDatabase database, NodeIdentity identity, TimeProvider clock)
{
    private const int MostAsked = 16;
    private const int SiloJoining = 2;
    private const int SiloActive = 3;

    /// <summary>A silo renews its lease every second by the database's clock; what nodes' clocks say of it may be wrong.</summary>
    private const int FreshSeconds = 20;

    /// <summary>A silo that answers nothing for this long is no reason against joining: Orleans finds out whether it lives.</summary>
    private static readonly TimeSpan AnswerBound = TimeSpan.FromSeconds(3);

    /// <exception cref="SettingsException">This process cannot join them: the message says why and what to do.</exception>
    public async Task EnsureAccepted(CancellationToken cancel)
    {
        var silos = await Silos(cancel);
        if (silos.Find(IsOutOfReach) is { } other)
            throw new SettingsException(WhyOutOfReach(other));

        var answers = await Task.WhenAll(silos.Select(async silo => (silo, Refuses: await Refuses(silo, cancel))));
        var refusing = answers.Where(answer => answer.Refuses).Select(answer => $"{answer.silo.Endpoint} on '{answer.silo.Host}'").ToList();
        if (refusing.Count > 0)
            throw new SettingsException(
                $"  - COUCH_SIGNING_KEY is not that of the couch on this database: the silo at {string.Join(", ", refusing)} and this "
                    + "process do not accept each other. "
                + "Give all processes of a couch the same keys, and exchange keys in the order that deploy/upgrade.md describes. "
                + "A silo of a version that did not encrypt its connections must be stopped first");
    }

    private async Task<List<Silo>> Silos(CancellationToken cancel)
    {
        try
        {
            return await database.Guard(async () =>
            {
                await using var connection = await database.Reads.OpenConnectionAsync(cancel);
                await using var command = connection.CreateCommand();
                command.CommandText = $"""
                    SELECT address, port, host_name, coalesce(
                      lease_until BETWEEN now() - interval '{FreshSeconds} seconds' AND now() + interval '{FreshSeconds} seconds', false)
                    FROM membership
                    WHERE deployment_id = @deployment AND status IN ({SiloJoining}, {SiloActive})
                      AND NOT (address = @address AND port = @port AND host_name = @host)
                    ORDER BY 4 DESC, i_am_alive_time DESC LIMIT {MostAsked}
                    """;
                command.Add("deployment", options.ClusterId);
                command.Add("address", options.SiloAddress.ToString());
                command.Add("port", options.SiloPort);
                command.Add("host", Dns.GetHostName());
                return await command.Rows(
                    row => new Silo(new(IPAddress.Parse(row.GetString(0)), row.GetInt32(1)), row.GetString(2), row.GetBoolean(3)), cancel);
            });
        }
        catch (StorageUnavailableException failure)
        {
            throw new SettingsException($"  - {failure.Message}");
        }
    }

    /// <summary>One of the two listens on its loopback alone, and they are on different machines.</summary>
    private bool IsOutOfReach(Silo silo) =>
        silo.IsFresh && silo.Host != Dns.GetHostName() && (IPAddress.IsLoopback(silo.Endpoint.Address)
            || IPAddress.IsLoopback(options.SiloAddress));

    private string WhyOutOfReach(Silo silo) => IPAddress.IsLoopback(options.SiloAddress)
        ? $"  - COUCH_ADVERTISED_ADDRESS is not set to an address that the silo at {silo.Endpoint} on '{silo.Host}' can reach: this "
            + $"process would listen on {options.SiloAddress} alone"
        : $"  - the silo on '{silo.Host}' listens on {silo.Endpoint.Address} alone, where this process cannot reach it: set "
            + "COUCH_ADVERTISED_ADDRESS there";

    private async Task<bool> Refuses(Silo silo, CancellationToken cancel)
    {
        // A silo that dies closes connections too; then the second attempt finds no listener.
        return await Ask(silo.Endpoint, cancel) switch
        {
            Answer.Refused => true,
            Answer.BrokenOff => await Ask(silo.Endpoint, cancel) is Answer.Refused or Answer.BrokenOff,
            _ => false,
        };
    }

    private async Task<Answer> Ask(IPEndPoint silo, CancellationToken cancel)
    {
        using var bound = new CancellationTokenSource(AnswerBound, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancel);
        try
        {
            using var socket = new Socket(silo.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(silo, either.Token);
            await using var tls = new SslStream(new NetworkStream(socket));
            await tls.AuthenticateAsClientAsync(identity.AsClient(), either.Token);
            // In TLS 1.3 a client learns only by reading whether it was accepted. A silo speaks first.
            return await tls.ReadAsync(new byte[1], either.Token) == 0 ? Answer.BrokenOff : Answer.Accepted;
        }
        catch (AuthenticationException)
        {
            return Answer.Refused;
        }
        catch (IOException)
        {
            return Answer.BrokenOff;
        }
        catch (Exception failure)
            when (failure is SocketException || (failure is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return Answer.None;
        }
    }

    private enum Answer
    {
        /// <summary>There is no listener, or no answer in time.</summary>
        None,
        Accepted,
        Refused,
        BrokenOff,
    }

    private sealed record Silo(IPEndPoint Endpoint, string Host, bool IsFresh);
}
