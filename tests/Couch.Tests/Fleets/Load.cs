using Couch.Tests.Support;

namespace Couch.Tests.Fleets;

/// <summary>
/// What many people do at once: invite, redeem, look, report usage, and end stays, or leave them to their time. Each stay
/// goes one of eight ways, in turn.
/// </summary>
/// <param name="couch">Where to.</param>
/// <param name="ledger">What they were told.</param>
/// <param name="shortStay">How long those stay, and those invites are open, whose time is up before the load is over.</param>
internal sealed class Load(Balancer couch, Ledger ledger, TimeSpan shortStay)
{
    private const int Ways = 8;
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    /// <summary>What a person takes between two steps.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(30);

    private int count;

    /// <summary>So many callers at work until cancelled; ends when each has done its last step.</summary>
    public Task Run(int callers, CancellationToken until) => Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
    {
        while (!until.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref count);
            try
            {
                await Visit(number, until);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                ledger.Complain($"visit {number}: {failure.Message}");
            }
        }
    })));

    private async Task Visit(int number, CancellationToken until)
    {
        var way = (Way)(number % Ways);
        var invite = await Invite(
            number, stay: way is Way.ShortStay ? shortStay : Long, open: way is Way.InviteOnly ? shortStay : Long);
        if (way is Way.InviteOnly)
            return;

        await Breathe(until);
        var stay = way is Way.Contested ? await Contest(invite, number) : await Redeem(invite, number);
        if (way is Way.KilledAtOnce)
        {
            await Kill(stay);
            return;
        }

        for (var step = 1; step <= 4 && !until.IsCancellationRequested; step++)
        {
            await Breathe(until);
            await Look(stay);
            if (way is not Way.ShortStay)
                await Use(stay, 100 * step);
        }

        if (way is Way.CheckedOut)
            await CheckOut(stay);
        else if (way is Way.Killed or Way.Contested)
            await Kill(stay);
        else if (way is Way.KilledRunning)
            await KillOnceRunning(stay, until);
        // The others stay: until their time is up, or until the load is over.
    }

    private async Task<Answer> Invite(int number, TimeSpan stay, TimeSpan open)
    {
        var body = new
        {
            createdBy = "noah", label = $"{number}", resourceLimits = new { maxDurationHours = stay.TotalHours },
            expiresInHours = open.TotalHours,
        };
        var invite = (await couch.Send(HttpMethod.Post, "/couch/invites", body, $"invite-{number}")).Answer.Is(201);
        ledger.Invited(invite);
        return invite;
    }

    private async Task<Stay> Redeem(Answer invite, int number) =>
        ledger.Redeemed(invite, (await SendRedeem(invite, $"guest-{number}", $"redeem-{number}")).Is(201));

    /// <summary>Three want the one place: one gets it, the others are told so.</summary>
    private async Task<Stay> Contest(Answer invite, int number)
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(rival => SendRedeem(invite, $"guest-{number}-{rival}", $"redeem-{number}-{rival}")));
        var stays = answers.Where(answer => answer.Status is 201).Select(won => ledger.Redeemed(invite, won)).ToList();
        if (stays.Count is not 1 || answers.Count(answer => answer.Status is 409) is not 2)
            throw new InvalidDataException($"of three redeems: {string.Join(", ", answers.Select(answer => answer.Status))}");
        return stays[0];
    }

    private async Task<Answer> SendRedeem(Answer invite, string name, string key) =>
        (await couch.Send(HttpMethod.Post, "/couch/redeem", new { code = invite["code"], name }, key)).Answer;

    private async Task Look(Stay stay)
    {
        var (answer, _) = await couch.Send(HttpMethod.Get, $"/couch/status?token={stay.Token}");
        if (answer.Status is 404 && answer["guestStatus"] is "expired" && TimeProvider.System.GetUtcNow() > stay.ExpiresAt - ledger.Skew)
            return;
        if (answer.Is(200)["guestId"] != stay.GuestId)
            throw new InvalidDataException($"guest {stay.GuestId} was shown {answer.Body}");
        stay.HasRun |= answer["status"] is "running";
    }

    private async Task Use(Stay stay, int tokens)
    {
        (await couch.Send(HttpMethod.Put, $"/couch/guests/{stay.GuestId}/usage", new { tokensUsed = tokens })).Answer.Is(200);
        stay.Usage.Add((tokens, TimeProvider.System.GetUtcNow()));
    }

    private async Task KillOnceRunning(Stay stay, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            var (answer, _) = await couch.Send(HttpMethod.Get, $"/couch/status?token={stay.Token}&wait=5");
            stay.HasRun |= answer.Is(200)["status"] is "running";
            if (stay.HasRun)
                break;
        }

        await Kill(stay);
    }

    private async Task Kill(Stay stay)
    {
        // Whatever repeats it, under its key it is answered as it was the first time.
        (await couch.Send(HttpMethod.Delete, $"/couch/guests/{stay.GuestId}", idempotencyKey: $"kill-{stay.GuestId}")).Answer.Is(200);
        stay.Ended = "revoked";
    }

    private async Task CheckOut(Stay stay)
    {
        var (answer, isRepeat) = await couch.Send(HttpMethod.Post, "/couch/checkout", new { token = stay.Token });
        if (!(isRepeat && answer.Status is 404 && answer["guestStatus"] is "stopped"))
            answer.Is(200);
        stay.Ended = "stopped";
    }

    private static Task Breathe(CancellationToken until) =>
        Task.Delay(Breath, TimeProvider.System, until).ContinueWith(_ => { }, TaskScheduler.Default);

    private enum Way
    {
        InviteOnly,
        Contested,
        ShortStay,
        CheckedOut,
        Stays,
        KilledAtOnce,
        KilledRunning,
        Killed,
    }
}
