using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Uns.Connectors;

namespace Uns.Ui.Pages;

/// <summary>What is typed and not saved is kept by the browser, so that a hub that restarts under an open page costs nobody an edit.</summary>
public sealed partial class DeviceEdit
{
    private const int MostKeptTags = 500; // A longer form is not written out at every change.
    private const int MostBytes = 8 << 20;

    private string _asOpened = "";
    private string? _keptNow;
    private string? _typed;
    private bool _isRefillDue;

    [Inject]
    private IJSRuntime Browser { get; set; } = null!;

    private string KeptUnder => $"uns.typed:{Name}:{Draft}";

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        try
        {
            if (_isNameDue)
            {
                _isNameDue = false;
                await _lastName.FocusAsync();
            }

            if (_form is null || _form.Tags.Count > MostKeptTags)
            {
                return;
            }

            if (firstRender)
            {
                await LookForTypedAsync();
            }

            if (_isRefillDue)
            {
                // The rows stand there again: now the field that was being typed in.
                _isRefillDue = false;
                await Browser.InvokeVoidAsync("uns.refill");
            }

            var form = Written();
            var keep = form == _asOpened ? null : form;
            if (keep != _keptNow && _typed is null)
            {
                _keptNow = keep;
                await Browser.InvokeVoidAsync("uns.keep", KeptUnder, keep);
            }
        }
        catch (Exception gone) when (gone is JSException or JSDisconnectedException or OperationCanceledException)
        {
            // The page is gone, or its browser keeps nothing: typing goes on.
        }
    }

    private void Opened() => _asOpened = _form is null || _form.Tags.Count > MostKeptTags ? "" : Written();

    // Passwords are not handed to the browser: a saved one stands as its mark, a new one is typed again.
    private string Written()
    {
        var form = (JsonObject)JsonSerializer.SerializeToNode(_form)!;
        foreach (var field in Kind.Fields.Where(f => f.Kind == "secret"))
        {
            form[nameof(DeviceForm.Settings)]![field.Name] = Name is null ? "" : DeviceSecrets.Mark;
        }

        return form.ToJsonString();
    }

    private async Task LookForTypedAsync()
    {
        if (!await Browser.InvokeAsync<bool>("uns.hasKept", KeptUnder))
        {
            return;
        }

        await using var kept = await Browser.InvokeAsync<IJSStreamReference>("uns.kept", KeptUnder);
        using var reader = new StreamReader(await kept.OpenReadStreamAsync(MostBytes));
        var typed = await reader.ReadToEndAsync();
        if (typed != _asOpened)
        {
            _typed = typed;
            StateHasChanged();
        }
    }

    private void TakeTyped()
    {
        try
        {
            if (JsonSerializer.Deserialize<DeviceForm>(_typed!) is { } form && Kinds.Any(k => k.Protocol == form.Protocol))
            {
                foreach (var field in Kinds.First(k => k.Protocol == form.Protocol).Fields)
                {
                    form.Settings.TryAdd(field.Name, field.Default);
                }

                _form = form;
                Say(T("This is what you had typed. It is not saved yet."), well: true);
            }
        }
        catch (JsonException)
        {
            Say(T("What was kept cannot be read: another version of the hub wrote it."), well: false);
        }

        (_typed, _keptNow, _isRefillDue) = (null, null, true);
    }

    private void ForgetTyped() => (_typed, _keptNow) = (null, "");
}
