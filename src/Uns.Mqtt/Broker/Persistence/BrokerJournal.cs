using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;
using Uns.Store;

namespace Uns.Mqtt.Broker.Persistence;

/// <summary>An answer or a delivery that may leave only after the commit.</summary>
internal readonly record struct DeferredAnswer(BrokerConnection Connection, PublishAckPacket Ack, SubscriptionAckPacket? SubscriptionAck, ConnAckPacket? ConnAck)
{
    /// <summary>Packet identifier of a delivery; 0: an answer.</summary>
    public ushort Delivery { get; init; }

    /// <summary>True when the delivery is a repeat.</summary>
    public bool IsRepeat { get; init; }
}

/// <summary>
/// What must reach the disk, gathered on the I/O thread and written in one piece while the next is gathered.
/// Urgent entries start a write at the end of the batch; the others ride along or go within a tenth of a second.
/// When a write fails the store no longer is what memory is: from then on nothing is gathered and nothing that must survive
/// is taken, until one write has put all of it there anew.
/// </summary>
internal sealed class BrokerJournal(HubStore store, Action<Action> post)
{
    /// <summary>About what one entry takes in memory beside its message.</summary>
    private const int EntryBytes = 128;

    private List<Action<JournalWriter>> _entries = [];
    private Dictionary<string, Message?> _retained = new(StringComparer.Ordinal);
    private List<DeferredAnswer> _answers = [];
    private long _gathered;
    private long _underWay;
    private bool _isUrgent;
    private bool _isRecovering;
    private Task _writing = Task.CompletedTask;

    /// <summary>A fault on purpose, for the crash loop's negative control: answers leave before the commit.</summary>
    public bool AnswersEarly { get; set; }

    /// <summary>Grows with each entry that an answer must wait for.</summary>
    public long UrgentCount { get; private set; }

    public long LastMessageId { get; set; }

    /// <summary>How far the time of day is ahead of the broker's own time, in milliseconds; the store's times are read by another run's clock.</summary>
    public long WallAhead { get; set; }

    public bool IsBusy { get; private set; }

    /// <summary>True from a failed write until a later one has put everything into the store.</summary>
    public bool IsFailing { get; private set; }

    public bool HasWork => _entries.Count > 0 || _retained.Count > 0 || _answers.Count > 0;

    /// <summary>About how many bytes wait for the disk, those of the write under way included.</summary>
    public long BacklogBytes => _gathered + _underWay;

    /// <summary>True when the work at hand waits for nothing but the current write's end.</summary>
    public bool IsUrgent => _isUrgent;

    /// <summary>The write under way; completed when there is none.</summary>
    public Task Writing => _writing;

    /// <summary>The last value of a topic; null: removed. Only the newest of a topic is written.</summary>
    public void Retained(string topic, Message? message, bool urgent)
    {
        if (!IsFailing || _isRecovering)
        {
            _retained[topic] = message;
            _gathered += EntryBytes + (message?.Bytes ?? 0);
        }

        Urge(urgent);
    }

    /// <summary>Takes out what the disk changed: it is never read again.</summary>
    public void Damaged(DamagedMessage message)
    {
        if (message.Id == 0)
        {
            Retained(message.Topic, null, urgent: false);
        }
        else
        {
            Add(w => TakeOut(w, message), urgent: false);
        }

        static void TakeOut(JournalWriter writer, DamagedMessage message)
        {
            if (message.Id < 0)
            {
                writer.DeleteWill(message.ClientId);
            }
            else
            {
                writer.DeleteEverywhere(message.Id);
            }
        }
    }

    /// <summary>Takes all rows out, before all is written anew.</summary>
    public void AllGone() => Add(w => w.DeleteAll(), urgent: true);

    /// <summary>A session with all that belongs to it.</summary>
    public void Whole(Session session)
    {
        SessionKept(session);
        foreach (var subscription in session.Subscriptions.Values)
        {
            Subscribed(session, subscription);
        }

        foreach (var packetId in session.IncomingQos2)
        {
            Incoming(session, packetId);
        }

        foreach (var (packetId, flight) in session.InFlight)
        {
            if (flight.Message is { } message)
            {
                Rewrite(message);
                Begun(session, packetId, flight, isNew: false);
            }
        }

        foreach (var queued in session.Queue)
        {
            Rewrite(queued.Message);
            PutQueued(session, queued);
        }
    }

    public void WillKept(Session session, Message will)
    {
        var (id, principal, delay, due) = (session.ClientId, session.Principal, session.WillDelaySeconds, session.WillDue);
        Add(w => w.PutWill(id, principal, will, delay, due), urgent: true);
    }

    public void WillGone(Session session)
    {
        var id = session.ClientId;
        Add(w => w.DeleteWill(id), urgent: true);
    }

    public void SessionKept(Session session)
    {
        var (id, principal, expiry, at) = (session.ClientId, session.Principal, session.ExpirySeconds, session.ExpiresAt);
        Add(w => w.PutSession(id, principal, expiry, at), urgent: true);
    }

    public void SessionGone(Session session)
    {
        foreach (var flight in session.InFlight.Values)
        {
            Release(flight.Message);
        }

        foreach (var queued in session.Queue)
        {
            Release(queued.Message);
        }

        var id = session.ClientId;
        Add(w => w.DeleteSession(id), urgent: true);
    }

    public void Subscribed(Session session, Subscription subscription)
    {
        var id = session.ClientId;
        Add(w => w.PutSubscription(id, subscription), urgent: true);
    }

    public void Unsubscribed(Session session, string filter)
    {
        var id = session.ClientId;
        Add(w => w.DeleteSubscription(id, filter), urgent: true);
    }

    /// <summary>A message waits for a session.</summary>
    public void Waits(Session session, Queued queued)
    {
        Hold(queued.Message);
        PutQueued(session, queued);
    }

    /// <summary>A message was begun with a packet identifier.</summary>
    public void Begun(Session session, ushort packetId, InFlight flight, bool isNew)
    {
        if (isNew)
        {
            Hold(flight.Message!);
        }

        var (client, message) = (session.ClientId, flight.Message!.StoreId);
        Add(w => w.PutQueued(client, flight.Sequence, message, (int)flight.Qos, flight.Retain, flight.SubscriptionIds, packetId, flight.Awaits, flight.Share), urgent: isNew);
    }

    /// <summary>PUBREC came: from here on the message must not be sent again.</summary>
    public void Received(Session session, ushort packetId, InFlight flight)
    {
        var (client, message) = (session.ClientId, flight.Message!.StoreId);
        Add(w => w.PutQueued(client, flight.Sequence, message, (int)flight.Qos, flight.Retain, flight.SubscriptionIds, packetId, Awaited.PubComp, flight.Share), urgent: true);
    }

    public void Finished(Session session, long sequence, Message message)
    {
        var client = session.ClientId;
        Add(w => w.DeleteQueued(client, sequence), urgent: false);
        Release(message);
    }

    public void Incoming(Session session, ushort packetId)
    {
        var client = session.ClientId;
        Add(w => w.PutIncoming(client, packetId), urgent: true);
    }

    public void IncomingReleased(Session session, ushort packetId)
    {
        var client = session.ClientId;
        Add(w => w.DeleteIncoming(client, packetId), urgent: true);
    }

    /// <summary>Keeps an answer until all that was gathered so far is committed.</summary>
    public void Defer(DeferredAnswer answer)
    {
        _answers.Add(answer);
        _gathered += EntryBytes;
        _isUrgent = true;
    }

    /// <summary>Starts a write of all that was gathered, unless one is under way.</summary>
    /// <param name="completed">Called on the I/O thread with the answers that may leave now, and whether the commit stands.</param>
    public void Start(Action<List<DeferredAnswer>, Exception?> completed)
    {
        if (IsBusy || !HasWork || (IsFailing && !_isRecovering))
        {
            return;
        }

        foreach (var message in _retained.Values)
        {
            message?.Share(); // The store reads it on a thread of its own.
        }

        var (entries, retained, answers) = (_entries, _retained, _answers);
        _entries = [];
        _retained = new(StringComparer.Ordinal);
        _answers = [];
        _isUrgent = false;
        (_underWay, _gathered) = (_gathered, 0);
        IsBusy = true;
        _writing = WriteAsync(entries, retained, answers, WallAhead, completed);
    }

    private async Task WriteAsync(
        List<Action<JournalWriter>> entries, Dictionary<string, Message?> retained, List<DeferredAnswer> answers, long wallAhead, Action<List<DeferredAnswer>, Exception?> completed)
    {
        Exception? fault = null;
        if (AnswersEarly)
        {
            var early = answers;
            post(() => completed(early, null));
            answers = [];
        }

        try
        {
            await store.WriteAsync(connection =>
            {
                using var writer = new JournalWriter(connection, wallAhead);
                foreach (var entry in entries)
                {
                    entry(writer);
                }

                foreach (var (topic, message) in retained)
                {
                    if (message is null)
                    {
                        writer.DeleteRetained(topic);
                    }
                    else
                    {
                        writer.PutRetained(message);
                    }
                }
            });
        }
#pragma warning disable CA1031 // Whatever keeps the data off the disk, the answers must be told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            fault = e;
        }

        post(() =>
        {
            IsBusy = false;
            _underWay = 0;
            if (fault is not null)
            {
                answers.AddRange(_answers); // What waits for the next write has lost its ground too.
                Forget();
            }
            else if (_isRecovering)
            {
                IsFailing = _isRecovering = false;
            }

            completed(answers, fault);
        });
    }

    /// <summary>Begins to gather again: what follows is all that the broker keeps.</summary>
    public void BeginRecovery() => _isRecovering = IsFailing;

    private void Forget()
    {
        IsFailing = true;
        _isRecovering = false;
        _isUrgent = false;
        _gathered = 0;
        _entries = [];
        _answers = [];
        _retained = new(StringComparer.Ordinal);
    }

    private void PutQueued(Session session, Queued queued)
    {
        var (client, message) = (session.ClientId, queued.Message.StoreId);
        Add(w => w.PutQueued(client, queued.Sequence, message, (int)queued.Qos, queued.Retain, queued.SubscriptionIds, 0, Awaited.PubAck, queued.Share), urgent: true);
    }

    /// <summary>Writes a message's row anew, once, however many sessions have it.</summary>
    public void Rewrite(Message message)
    {
        if (message.StoreReferences > 0)
        {
            var id = message.StoreId;
            Add(w => w.PutMessage(id, message), urgent: true);
        }
    }

    private void Add(Action<JournalWriter> entry, bool urgent)
    {
        if (!IsFailing || _isRecovering)
        {
            _entries.Add(entry);
            _gathered += EntryBytes;
        }

        Urge(urgent);
    }

    private void Urge(bool urgent)
    {
        if (urgent)
        {
            UrgentCount++;
            _isUrgent = true;
        }
    }

    private void Hold(Message message)
    {
        if (message.StoreReferences++ == 0)
        {
            var id = message.StoreId = ++LastMessageId;
            _gathered += message.Bytes;
            Add(w => w.PutMessage(id, message), urgent: true);
        }
    }

    private void Release(Message? message)
    {
        if (message is not null && message.StoreReferences > 0 && --message.StoreReferences == 0)
        {
            var id = message.StoreId;
            Add(w => w.DeleteMessage(id), urgent: false);
        }
    }
}
