"""Signing in and out, the password, the language."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from coding_app.selectors import studies


class _Login(auth.LoginView):
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(has_demo=studies.has_demo(), **kwargs)


class _PasswordChange(auth.PasswordChangeView):
    template_name = "registration/password.html"
    success_url = reverse_lazy("studies")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, _("Your password is changed."))
        return super().form_valid(form)


# Named, because Django's view sends those who have signed in away whatever the method.
login = require_http_methods(["GET", "HEAD", "POST"])(_Login.as_view())
logout = require_POST(auth.LogoutView.as_view())
password_change = require_http_methods(["GET", "HEAD", "POST"])(_PasswordChange.as_view())

__all__ = ["login", "logout", "password_change", "set_language"]
