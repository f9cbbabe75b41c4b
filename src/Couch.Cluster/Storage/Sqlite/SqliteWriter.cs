using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Couch.Cluster.Storage.Sqlite;

/// <summary>
/// The only writer of the SQLite database, on a thread of its own. It runs queued statements in the order of their arrival, commits
/// once for all of them, and answers no caller before that commit is on the disk. A statement that fails is rolled back alone; a
/// commit that fails is reported to all callers whose statements were in it.
/// </summary>
/// <remarks>
/// It exists because a commit is a write to the disk: a driver's connection commits once for each statement, and writers that meet in
/// the file wait for each other in a loop that sleeps and holds a thread each. Grains write one row at a time and many at once, so
/// what waits is committed together. Measured against a bare writer with one commit a row, creations went from 0.46 to 1.3 of it
/// (docs/performance.md).
/// </remarks>
internal sealed class SqliteWriter : IDisposable
{
    /// <summary>Longer than the wait in any healthy queue; a disk that hangs must result in an error.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    // Bounds a batch, so that its first caller does not wait for ever more statements that arrive while it runs.
    private const int MostTogether = 256;

    private readonly SqliteConnection connection;
    private readonly string pragmas;
    private readonly TimeProvider clock;
    private readonly Thread thread;
    private readonly Queue<Waiting> queue = new();

    // The cache stays small: each text is a constant, with its values as parameters.
    private readonly Dictionary<string, SqliteCommand> compiled = [];
    private bool ended;
    private long confirmed;

    /// <param name="pragmas">The pragmas that are set once, when the connection is opened.</param>
    public SqliteWriter(string connectionString, string pragmas, TimeProvider clock)
    {
        (connection, this.pragmas, this.clock) = (new(connectionString), pragmas, clock);
        thread = new Thread(Work) { IsBackground = true, Name = "SQLite writer" };
        thread.Start();
    }

    /// <summary>How many statements have not begun.</summary>
    public int InLine
    {
        get
        {
            lock (queue)
                return queue.Count;
        }
    }

    /// <summary>
    /// Whether the last write was committed, no longer ago than <paramref name="age"/>; then the next is likely to succeed.
    /// </summary>
    public bool HasCommitted(TimeSpan age) => Interlocked.Read(ref confirmed) is not 0 and var last && clock.GetElapsedTime(last) < age;

    /// <summary>Runs the command's statement with its values. A write is durable once it is answered.</summary>
    /// <exception cref="TimeoutException">Its turn did not come in time. It has not run, and never will.</exception>
    /// <exception cref="SqliteException">It was refused, and nothing is written; or the commit failed.</exception>
    public async Task<RowsInMemory> Run(SqliteCommand command, CancellationToken cancel)
    {
        var mine = new Waiting(command);
        lock (queue)
        {
            ObjectDisposedException.ThrowIf(ended, this);
            queue.Enqueue(mine);
            Monitor.Pulse(queue);
        }

        await ((Task)mine.Told).WaitAsync(LongestWait, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!mine.TryGiveUp())
            return await mine.Told;
        cancel.ThrowIfCancellationRequested();
        throw NoTurn();
    }

    public static TimeoutException NoTurn() => new($"no turn at the database within {LongestWait.TotalSeconds:0} s");

    /// <summary>Returns when all queued statements have been answered.</summary>
    public void Dispose()
    {
        lock (queue)
        {
            ended = true;
            Monitor.Pulse(queue);
        }

        thread.Join();
    }

    private void Work()
    {
        while (Next(mayWait: true) is { } first)
            RunTogether(first);
        Close();
    }

    private Waiting? Next(bool mayWait)
    {
        lock (queue)
        {
            while (true)
            {
                while (queue.TryDequeue(out var next))
                {
                    if (next.TryBegin())
                        return next;
                }

                if (ended || !mayWait)
                    return null;
                Monitor.Wait(queue);
            }
        }
    }

    private void RunTogether(Waiting first)
    {
        List<Waiting> together = [first];
        try
        {
            Open();
            Compiled("BEGIN IMMEDIATE").ExecuteNonQuery();
            Run(first);
            while (together.Count < MostTogether && Next(mayWait: false) is { } next)
            {
                together.Add(next);
                Run(next);
            }

            Compiled("COMMIT").ExecuteNonQuery();
            Interlocked.Exchange(ref confirmed, clock.GetTimestamp());
        }
        catch (Exception failure)
        {
            Interlocked.Exchange(ref confirmed, 0);
            Undo();
            together.ForEach(each => each.Fail(failure));
        }

        together.ForEach(each => each.Tell());
    }

    private void Run(Waiting one)
    {
        var text = one.Command.CommandText;
        var changed = raw.sqlite3_total_changes(connection.Handle);
        try
        {
            var command = Compiled(text);
            command.Parameters.Clear();
            foreach (SqliteParameter parameter in one.Command.Parameters)
                command.Parameters.Add(parameter);
            using var reader = command.ExecuteReader();
            one.Answer(new RowsInMemory(reader));
        }
        catch (Exception failure) when (IsInTransaction && raw.sqlite3_total_changes(connection.Handle) == changed)
        {
            // The statement has been rolled back, and the transaction goes on. One of several statements would have left changes.
            if (compiled.Remove(text, out var failed))
                failed.Dispose();
            one.Fail(failure);
        }
    }

    private SqliteCommand Compiled(string text)
    {
        if (!compiled.TryGetValue(text, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = text;
            compiled.Add(text, command);
        }

        return command;
    }

    private void Open()
    {
        if (connection.State is System.Data.ConnectionState.Open)
            return;
        connection.Open();
        using var tell = connection.CreateCommand();
        tell.CommandText = pragmas;
        tell.ExecuteNonQuery();
    }

    private void Undo()
    {
        Forget();
        try
        {
            if (IsInTransaction)
                Compiled("ROLLBACK").ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // Closing rolls it back too, and the next statement opens the connection anew.
            Close();
        }
    }

    private void Close()
    {
        Forget();
        connection.Close();
    }

    private void Forget()
    {
        foreach (var command in compiled.Values)
            command.Dispose();
        compiled.Clear();
    }

    // When a disk is full or fails, SQLite rolls back the whole transaction by itself.
    private bool IsInTransaction => connection.Handle is { } handle && raw.sqlite3_get_autocommit(handle) == 0;

    /// <summary>A queued statement and its result; its caller is answered once the result is certain.</summary>
    private sealed class Waiting(SqliteCommand command)
    {
        private const int InLine = 0;
        private const int Begun = 1;
        private const int GivenUp = 2;

        private readonly TaskCompletionSource<RowsInMemory> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int stage;
        private RowsInMemory? rows;
        private Exception? failure;

        public SqliteCommand Command => command;
        public Task<RowsInMemory> Told => told.Task;

        public bool TryBegin() => Interlocked.CompareExchange(ref stage, Begun, InLine) == InLine;
        public bool TryGiveUp() => Interlocked.CompareExchange(ref stage, GivenUp, InLine) == InLine;

        public void Answer(RowsInMemory answered) => rows = answered;

        /// <summary>Keeps the first failure.</summary>
        public void Fail(Exception why) => failure ??= why;

        public void Tell()
        {
            if (failure is not null)
                told.SetException(failure);
            else
                told.SetResult(rows!);
        }
    }
}
