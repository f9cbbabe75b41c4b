using System.CommandLine;
using Couch.Cli.Output;
using Couch.Cli.Settings;
using Couch.Cli.Terminal;
using Couch.Client;

namespace Couch.Cli.CommandLine;

/// <summary>One run of a command: what it was told, where it prints, and whom it asks.</summary>
internal sealed class Invocation : IDisposable
{
    private readonly ParseResult parsed;
    private readonly Lazy<Target> target;
    private readonly Lazy<Connection> connection;

    private Invocation(ParseResult parsed, Surroundings around)
    {
        this.parsed = parsed;
        Surroundings = around;
        Secrets = new(around);
        Notes = new(around);
        Printer = new(around, FormatOf(), Get(GlobalOptions.ShowSecrets));
        target = new(() => Target.Of(
            new(Get(GlobalOptions.Url), Get(GlobalOptions.Context), Get(GlobalOptions.KeyFile)), around, Secrets, Notes));
        connection = new(() => new(Target, around));
    }

    /// <summary>Of this process: the parser has no place for it.</summary>
    public static Surroundings Around { get; set; } = null!;

    public Surroundings Surroundings { get; }

    public SecretSource Secrets { get; }

    /// <summary>What is not data.</summary>
    public Notes Notes { get; }

    /// <summary>Data.</summary>
    public Printer Printer { get; }

    /// <summary>Which couch is asked, and as whom.</summary>
    public Target Target => target.Value;

    /// <summary>The couch, asked with the host key if there is one.</summary>
    public CouchClient Couch => connection.Value.Couch;

    /// <summary>What the last answer's head said.</summary>
    public Connection Connection => connection.Value;

    public ParseResult Parsed => parsed;

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T? Get<T>(Argument<T> argument) => parsed.GetValue(argument);

    /// <summary>Whether an option was given at all.</summary>
    public bool Has(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Goes on only where <c>--yes</c> or a person agrees.</summary>
    public void Confirm(string question) => Questions.Confirm(Surroundings, question, Get(CommonOptions.Yes));

    /// <summary>Runs a command, and says what went wrong in one place.</summary>
    public static async Task<int> Run(
        ParseResult parsed, Func<Invocation, CancellationToken, Task<int>> action, CancellationToken cancel)
    {
        using var call = new Invocation(parsed, Around);
        try
        {
            return await action(call, cancel);
        }
        catch (StopException stop)
        {
            await call.Surroundings.Out.FlushAsync(CancellationToken.None);
            call.Notes.Fail(stop.Message, stop.Next);
            return stop.ExitCode;
        }
        catch (CouchException problem)
        {
            await call.Surroundings.Out.FlushAsync(CancellationToken.None);
            call.Notes.Fail(Advice.WhatHappened(problem, call.Target), Advice.Next(problem, call.Target));
            return ExitCode.Of(problem);
        }
        catch (ReaderGoneException)
        {
            return ExitCode.Ok;
        }
        catch (IOException unwritable)
        {
            call.Notes.Fail(unwritable.Message);
            return ExitCode.Failure;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }

    /// <summary>What a shell that completes asks for: nothing where anything goes wrong.</summary>
    public static async Task<IReadOnlyList<string>> Quietly(
        ParseResult parsed, Func<Invocation, CancellationToken, Task<IReadOnlyList<string>>> ask, CancellationToken cancel)
    {
        // A key from standard input is the command's own, which is not run now.
        if (parsed.GetValue(GlobalOptions.KeyFile) is "-")
            return [];
        using var call = new Invocation(parsed, Around);
        try
        {
            return await ask(call, cancel);
        }
        catch (Exception unable) when (unable is StopException or CouchException or OperationCanceledException)
        {
            return [];
        }
    }

    public void Dispose()
    {
        if (connection.IsValueCreated)
            connection.Value.Dispose();
    }

    private Format FormatOf() =>
        Get(GlobalOptions.Quiet) ? Format.Ids
        : Get(GlobalOptions.Json) ? Format.Json
        : Around.IsOutputTerminal ? Format.Table
        : Format.Tsv;
}
