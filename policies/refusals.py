"""What a refusal tells the caller: the rule that refused, and what to do, in Japanese and English."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Denied:
    """A refusal as a value.

    Attributes:
        rule: id of the rule; stable, for programs and the audit log.
        message_ja: why, and what to do.
        message_en: the same in English.
    """

    rule: str
    message_ja: str
    message_en: str


_MESSAGES: Final = {
    "no-rule-permits": (
        "この操作は、あなたの役割では許可されていません。管理者に役割の変更を依頼してください。",
        "Your role does not permit this. Ask an administrator to change it.",
    ),
    "recent-proof-needed": (
        "この操作には 10 分以内のワンタイムコードが必要です。reauthenticate でコードを送ってから、やり直してください。",
        "This needs a one-time code of the last 10 minutes. Call `reauthenticate` with one, then try again.",
    ),
    "session-ended": (
        "セッションが終了しています。もう一度ログインしてください。",
        "The session has ended. Log in again.",
    ),
    "purpose-unknown": (
        "この利用目的コードは目録にありません。purposes で一覧を確認してください。",
        "No purpose has this code. See the list in `purposes`.",
    ),
    "purpose-refused-by-law": (
        "この目的で個人番号を利用することは法令上できません。",
        "The law does not allow an Individual Number to be used for this.",
    ),
    "purpose-off-by-default": (
        "この利用目的は既定で無効です。該当する事業者であることを確認のうえ、運用者に有効化を依頼してください。",
        "This purpose is off by default. If your business qualifies, ask the operator to enable it.",
    ),
    "purpose-not-in-force": (
        "この目的に個人番号を使えるのは、法令で定められた日からです。purposes で since を確認してください。",
        "The law lets a number be used for this from a later day on. See `since` in `purposes`.",
    ),
    "purpose-not-allowed-to-client": (
        "このクライアントには、この利用目的が許可されていません。管理者がクライアントの設定に追加できます。",
        "This client may not use numbers for this purpose. An administrator can add it to the client.",
    ),
    "never-the-same-person-twice": (
        "確認した本人は承認できません。別の担当者が承認してください。",
        "Whoever confirmed a use cannot approve it. Let a second person approve.",
    ),
    "a-use-needs-a-human": (
        "クライアントだけでは番号を利用できません。事務取扱担当者がワンタイムコードで確認してください。",
        "A client alone gets no number. A handler must confirm with a one-time code.",
    ),
    "handler-unknown": (
        "指定された事務取扱担当者(handler)のログイン名が正しくありません。確認してください。",
        "The handler named is no login. Check it.",
    ),
    "number-not-held": (
        "この人の個人番号は保管されていません(未登録または廃棄済み)。",
        "The vault holds no number of this person (never registered, or disposed of).",
    ),
    "not-their-purpose": (
        "この書類には、この区分の人の個人番号を記載しません。",
        "The document of this purpose does not bear the number of a person of this kind.",
    ),
    "below-the-age-of-the-document": (
        "この届書に個人番号を記載するのは、定められた年齢以上の人だけです。生年月日を確認してください。",
        "This document bears the number only of persons of a set age or older. Check the birth date.",
    ),
    "purpose-not-notified": (
        "本人にこの利用目的を通知した記録がありません。通知してから記録してください(giveNotice)。",
        "There is no record that the person was told of this purpose. Notify them, then record it (giveNotice).",
    ),
    "retention-period-over": (
        "退職・契約終了後の保存期間が終わった利用目的です。誤りなら、書類または退職日の記録を訂正してください。",
        "The person left and this purpose's period is over. If that is wrong, correct the document or the departure.",
    ),
    "disposal-day-invalid": (
        "廃棄の日は、今日から 1 年以内の日を指定してください。",
        "Give a day between today and a year from now for the disposal.",
    ),
    "disposal-policy-spreading": (
        "廃棄の方針の変更を全員に反映しています。完了してから、やり直してください。",
        "A change of the disposal policy is still being applied to everybody. Try again once that is done.",
    ),
    "nobody-is-due": (
        "その日までに廃棄の時期を迎える人はいません(保全措置中・別の廃棄の対象・最近除外した人を除く)。",
        "Nobody falls due by that day who is not on hold, in another run, or was left out lately.",
    ),
    "period-invalid": (
        "期間は、最初の日から今日までの日で、10 年以内にしてください。",
        "Give a period of at most ten years whose last day is not before its first and not in the future.",
    ),
    "run-unknown": (
        "この廃棄はありません。ID を確認してください。",
        "There is no such disposal. Check its id.",
    ),
    "run-gathering": (
        "この廃棄の対象者を集めています。一覧ができてから、やり直してください。",
        "The list of this disposal is still being gathered. Try again once it is there.",
    ),
    "run-not-done": (
        "この廃棄はまだ完了していません。証明書は完了後に発行できます。",
        "This disposal is not done yet. Its certificate can be drawn once it is.",
    ),
    "run-closed": (
        "この廃棄は完了したか、取り消されています。",
        "This disposal is done, or was cancelled.",
    ),
    "run-under-way": (
        "この廃棄は実行中です。まだ廃棄されていない人を残すには、保全措置(placeHolds)を使ってください。",
        "This disposal is being carried out. To keep a number that is not gone yet, place a legal hold (placeHolds).",
    ),
    "run-not-confirmed": (
        "この廃棄はまだ確認されていません。管理者の確認を待ってください。",
        "This disposal is not confirmed yet. Wait for an administrator to confirm it.",
    ),
    "run-already-confirmed": (
        "この廃棄は確認済みです。別の担当者の承認を待ってください。",
        "This disposal was confirmed already. Wait for another person to approve it.",
    ),
    "run-already-approved": (
        "この廃棄は承認済みです。廃棄の日から実行されます。",
        "This disposal was approved already. It is carried out from its day on.",
    ),
    "run-changed": (
        "確認しようとした一覧が、今の一覧と一致しません。表示を更新して、もう一度確認してください。",
        "The list you are deciding on is not the list as it is now. Reload it and look again.",
    ),
    "run-is-empty": (
        "この廃棄の対象者は全員除外されています。取り消してください。",
        "Everybody was left out of this disposal. Cancel it.",
    ),
    "disposal-needs-two-people": (
        "廃棄を確認した本人は承認できません。別の担当者が承認してください。",
        "Whoever confirmed a disposal cannot approve it. Let a second person approve.",
    ),
    "contract-end-needs-two-people": (
        "解約を申請した本人は承認できません。別の管理者か承認者が承認してください。",
        "Whoever asked for the end of the contract cannot approve it. Let another administrator or approver do so.",
    ),
    "contract-end-unknown": (
        "解約の申請はありません。",
        "Nobody has asked for the end of this contract.",
    ),
    "contract-end-requested": (
        "解約は申請済みです。内容は contractEnd で確認できます。やり直すときは先に取り下げてください。",
        "The end of this contract was asked for already: see `contractEnd`. Withdraw that first to begin anew.",
    ),
    "contract-end-approved": (
        "解約は承認済みです。取りやめるときは、契約の最終日までに取り下げてください。",
        "The end of this contract was approved already. To keep it, withdraw the end by its last day.",
    ),
    "contract-end-changed": (
        "承認しようとした内容が、今の解約の申請と一致しません。表示を更新して、もう一度確認してください。",
        "What you are approving is not the request as it is now. Reload it and look again.",
    ),
    "contract-end-past": (
        "申請された契約の最終日を過ぎています。もう一度申請してください。",
        "The last day that was asked for is over. Ask for the end anew.",
    ),
    "contract-end-on-hold": (
        "法的保全が残っているため承認できません。保全を解除してから承認してください。",
        "Legal holds stand, so this cannot be approved. Lift them first.",
    ),
    "contract-not-ended": (
        "契約はまだ終了していません。証明書は、消去が終わってから発行されます。",
        "The contract has not ended yet. Its certificates are there once everything is erased.",
    ),
    "contract-not-extinct": (
        "複製の消滅はまだ確認されていません。廃棄から 90 日以内に確認されます。その後にやり直してください。",
        "Copies may still be readable. They are not later than 90 days after the disposal; try again then.",
    ),
    "contract-end-restored": (
        "復元したデータベースには、この解約の証明書を作る記録がありません。発行済みの証明書は有効です。",
        "A restored database has no record to draw this certificate from. One that was drawn before stays valid.",
    ),
    "contract-ended": (
        "この事業者の契約は終了しました。データは消去され、操作はできません。",
        "This tenant's contract has ended. Its data is erased, and nothing can be done any more.",
    ),
    "consent-missing": (
        "この利用目的には本人の同意が必要です。提供先を示して同意を得てから、同意の旨(consented)を付けて記録してください。",
        "This purpose needs the person's consent. Obtain it, naming the recipient, then record it with `consented`.",
    ),
    "token-unknown": (
        "このトークンは使えません。発行元のクライアントのトークンかどうか確認してください。",
        "This token is not usable. See that it was issued to the client that presents it.",
    ),
    "token-repeated": (
        "同じトークンが 2 回指定されています。1 回にしてください。",
        "The same token stands in the list twice. Name it once.",
    ),
    "code-wrong": (
        "ワンタイムコードが違います。認証アプリに表示されている 6 桁を入力してください。",
        "The one-time code is wrong. Enter the six digits that the authenticator shows now.",
    ),
    "code-used": (
        "このワンタイムコードは使用済みです。次のコードが表示されるまで(最大 30 秒)お待ちください。",
        "This one-time code was used already. Wait for the next one (30 seconds at most).",
    ),
    "factor-disabled": (
        "連続して 10 回失敗したため、ワンタイムコードは無効になりました。管理者に再登録を依頼してください。",
        "Ten failures in a row disabled the one-time code. Ask an administrator to enrol it anew.",
    ),
    "account-unknown": (
        "ログイン情報のいずれかが違います。失敗が続いた場合は、正しくても 15 分ほどログインできません。",
        "Login, password or code is wrong. After several failures, even right ones fail for up to 15 minutes.",
    ),
    "login-throttled": (
        "失敗が続いたため、しばらくログインできません。15 分ほど待ってからやり直してください。",
        "Too many failures in a row. Wait a quarter of an hour, then try again.",
    ),
    "account-invalid": (
        "氏名は 1〜100 文字(個人番号は不可)、役割は 1 つ以上指定してください。",
        "Give a name of 1 to 100 characters (no number in it) and at least one role.",
    ),
    "columns-differ": (
        "列の長さが一致しません。すべての列に同じ件数を入れてください。",
        "The columns differ in length. Give every column the same number of values.",
    ),
    "too-many-rows": (
        "一度に送れるのは 10,000 件までです。分割して送ってください。",
        "At most 10,000 rows fit into one request. Split them.",
    ),
    "date-in-future": (
        "通知日・確認日が未来の日付です。実際に行った日を指定してください。",
        "The day of notice or verification lies in the future. Give the day it was done.",
    ),
    "reason-invalid": (
        "利用の理由を 1〜200 文字で入力してください。個人番号は書かないでください。",
        "Give the reason in 1 to 200 characters, without any Individual Number in it.",
    ),
    "reason-needed": (
        "理由を 1〜200 文字で入力してください。個人番号は書かないでください。",
        "Give the reason in 1 to 200 characters, without any Individual Number in it.",
    ),
    "use-unknown": (
        "この利用申請はありません。prepareUse からやり直してください。",
        "There is no such use. Start again with prepareUse.",
    ),
    "use-expired": (
        "この利用申請は期限切れです。prepareUse からやり直してください。",
        "This use has expired. Start again with prepareUse.",
    ),
    "use-spent": (
        "この利用申請の番号は提供済みです。もう一度必要な場合は新しく申請してください。",
        "The numbers of this use were released already. Prepare a new one if you need them again.",
    ),
    "use-already-confirmed": (
        "この利用申請は確認済みです。表示を更新して、次の手順(承認または番号の受取り)に進んでください。",
        "This use was confirmed already. Reload it and go on to the next step: approval, or taking the numbers.",
    ),
    "use-not-confirmed": (
        "この利用申請はまだ確認されていません。事務取扱担当者の確認を待ってください。",
        "This use is not confirmed yet. Wait for a handler to confirm it.",
    ),
    "use-not-approved": (
        "この利用申請には 2 人目の承認が必要です。別の担当者の承認を待ってください。",
        "This use needs a second person's approval. Wait for another handler or approver.",
    ),
    "use-changed": (
        "確認しようとした内容が、申請時の内容と一致しません。表示を更新して、もう一度確認してください。",
        "What you are confirming is not what was prepared. Reload it and look again.",
    ),
    "no-persons": (
        "番号を提供できる人が 1 人もいません。各行の理由を確認してください。",
        "There is nobody whose number can be released. See the reason of each row.",
    ),
    "too-many-numbers": (
        "一度に指定できる件数を超えています。分割するか、prepareUse を使ってください。",
        "Too many numbers at once. Split the request, or use prepareUse.",
    ),
    "quota-client": (
        "このクライアントの 1 日の提供上限に達しました。明日まで待つか、管理者に上限の変更を依頼してください。",
        "This client has reached its daily quota. Wait for tomorrow or ask an administrator to raise it.",
    ),
    "quota-human": (
        "この担当者の 1 日の提供上限に達しました。明日まで待つか、管理者に上限の変更を依頼してください。",
        "This handler has reached the daily quota. Wait for tomorrow or ask an administrator to raise it.",
    ),
    "quota-purpose": (
        "この利用目的の 1 日の提供上限に達しました。明日まで待つか、管理者に上限の変更を依頼してください。",
        "This purpose has reached its daily quota. Wait for tomorrow or ask an administrator to raise it.",
    ),
    "recovery-code-wrong": (
        "リカバリーコードが違うか、使用済みです。別のコードを使ってください。",
        "The recovery code is wrong or was used. Use another one.",
    ),
    "last-administrator": (
        "最後の管理者は外せません。先に別の管理者を登録してください。",
        "The last administrator cannot be removed. Add another one first.",
    ),
    "name-taken": (
        "この名前は既に使われています。別の名前を指定してください。",
        "This name is taken. Choose another.",
    ),
    "name-invalid": (
        "名前は英小文字で始まる英小文字・数字・記号(. _ -)64 文字以内にしてください。個人番号は使えません。",
        "A name starts with a lower-case letter; then lower-case letters, digits, . _ - (64 at most), no number.",
    ),
    "tenant-invalid": (
        "事業者の名称は 1〜100 文字にしてください。制御文字と個人番号は使えません。",
        "Give the company's name in 1 to 100 characters, without control characters or an Individual Number.",
    ),
    "idempotency-key-invalid": (
        "idempotencyKey は 1〜128 文字の ASCII 文字列(UUID など)にしてください。個人番号は使えません。",
        "Give an idempotencyKey of 1 to 128 ASCII characters, such as a UUID, with no Individual Number in it.",
    ),
    "idempotency-conflict": (
        "同じ idempotencyKey が別の内容で使われています。新しいキーを使ってください。",
        "This idempotencyKey was used for other content. Use a new key.",
    ),
    "record-needs-person": (
        "クライアントは、トークンを持つ人ごとに記録を確認できます。token か externalId を指定してください。",
        "A client reads the record person by person. Name one by token or externalId.",
    ),
    "sizes-invalid": (
        "サイズは 1 以上、ログのサイズ以下で、小さい方を先に指定してください。",
        "Give two sizes from 1 to the size of the log, the smaller one first.",
    ),
    "campaign-invalid": (
        "収集の名前は1〜100文字(個人番号を含めない)、利用目的と必要書類は目録のコード、期限は今日から2年以内にしてください。",
        "Give a name of 1 to 100 characters without a number, codes of both catalogues, a deadline within two years.",
    ),
    "papers-days-invalid": (
        "本人確認書類の画像を保管できるのは、登録後 0 日(登録と同時に廃棄)から 2,557 日(7 年)までです。",
        "Images of papers are kept for 0 days (destroyed with the registration) to 2,557 days (seven years).",
    ),
    "campaign-unknown": (
        "この収集はありません。ID を確認してください。",
        "There is no such campaign. Check its id.",
    ),
    "campaign-closed": (
        "この収集は終了しています。新しい収集を作成してください。",
        "This campaign is over. Create another.",
    ),
    "collection-unknown": (
        "この人の収集はありません。ID を確認してください。",
        "There is no such collection. Check its id.",
    ),
    "collection-changed": (
        "表示した後に、ほかの人がこの収集を進めました。表示を更新して、もう一度判断してください。",
        "Somebody moved this collection on since you looked. Reload it and decide again.",
    ),
    "collection-step-not-allowed": (
        "この収集の今の状態では、この操作はできません。状態を確認してください。",
        "The collection is in a state from which this cannot be done. See where it stands.",
    ),
    "collection-item-unknown": (
        "この画像・番号はありません(登録後に廃棄されたか、差し替えられています)。",
        "This image or number is not there: it was destroyed after the registration, or replaced.",
    ),
    "collection-item-invalid": (
        "画像は 10 MiB 以下で、書類のコードは目録のものにしてください。1人の画像は 20 枚までです。",
        "An image has at most 10 MiB and names a document of the catalogue; one person has at most 20.",
    ),
    "papers-locked": (
        "PDFにパスワードがかかっています。パスワードを外したPDFか、写真を送ってください。",
        "The PDF needs a password. Send it without one, or send a photo.",
    ),
    "papers-broken": (
        "PDFが壊れているか、ページがありません。作り直すか、写真を送ってください。",
        "The PDF is broken, or has no page. Make it anew, or send a photo.",
    ),
    "papers-too-many-pages": (
        "PDFは10ページまでです。必要なページだけにしてください。",
        "A PDF has at most ten pages. Send those that are needed.",
    ),
    "papers-pixels": (
        "PDFの画像が大きすぎます。200〜300dpiでスキャンし直すか、写真を送ってください。",
        "A picture in the PDF has too many pixels. Scan it at 200 to 300 dpi, or send a photo.",
    ),
    "papers-exhausting": (
        "PDFの読み取りに時間またはメモリがかかりすぎるため、中止しました。写真を送ってください。",
        "Reading the PDF took too much time or memory and was given up. Send a photo.",
    ),
    "collection-codes-invalid": (
        "理由のコードを目録から1つ以上選んでください。",
        "Choose at least one code of the list.",
    ),
    "number-not-submitted": (
        "この人の個人番号はまだ提出されていません。番号を入力してから確認してください。",
        "No number was submitted for this person yet. Enter it, then verify.",
    ),
    "verification-not-theirs": (
        "本人確認の区分または経路が、この収集と合いません。収集の区分と経路を確認してください。",
        "Subject or channel of this verification are not those of the collection. Check them.",
    ),
    "dispatch-invalid": (
        "費用は1通あたり 0〜100,000 円で指定してください。",
        "Give a cost of 0 to 100,000 yen for each.",
    ),
    "mail-not-set-up": (
        "メールの設定がないため送れません。運用者に設定(smtp など)を依頼するか、QRコードまたはキットで送ってください。",
        "No mail can be sent: no mail server is set. Ask whoever runs this to set one, or send a QR code or a kit.",
    ),
    "dispatch-unknown": (
        "この発送指示はありません。ID を確認してください。",
        "There is no such dispatch order. Check its id.",
    ),
    "notice-invalid": (
        "通知文は1〜10,000文字で、個人番号を含めないでください。",
        "The text of a notice has 1 to 10,000 characters and no number in it.",
    ),
    "door-not-opened": (
        "リンク、または生年月日・確認コードが違います。5 回間違えたリンクは使えません。会社に依頼してください。",
        "Link, birth date or passcode is not right. Five wrong tries end a link: then ask your company for another.",
    ),
    "link-not-possible": (
        "リンクを発行できません。",
        "No link can be issued.",
    ),
    "link-without-address": (
        "ページのアドレスが未設定のため、リンクを作れません。運用者に設定 public_url を依頼してください。",
        "No link can be made: nobody set where people reach the pages. Ask whoever runs this to set public_url.",
    ),
    "link-ended": (
        "このリンクは使えなくなりました(期限切れ、または会社による取消し)。会社に新しいリンクを依頼してください。",
        "This link has ended: its time is over, or the company revoked it. Ask your company for a new one.",
    ),
    "visit-ended": (
        "しばらく操作がなかったため終了しました。案内のリンクをもう一度開いてください。",
        "This visit has ended. Open the link from your letter or mail again.",
    ),
    "giving-ended": (
        "このリンクではもう提出できません(期限切れ・提出完了など)。続けるときは会社に新しいリンクを依頼してください。",
        "This link takes no more: it expired, you finished, or a newer one was issued. Ask your company for one.",
    ),
    "notice-not-acknowledged": (
        "先に利用目的をお読みになり、確認のボタンを押してください。",
        "First read what the numbers are used for, and say that you did.",
    ),
    "number-differs-from-repeat": (
        "2 回入力された個人番号が違います。書類を見ながら、もう一度 2 回とも入力してください。",
        "The two numbers you typed differ. Look at the document and type both again.",
    ),
    "papers-missing": (
        "番号の前に、必要な書類の画像を送ってください。",
        "Before the number, send images of the papers that are wanted.",
    ),
    "paper-not-wanted": (
        "この人について、この書類の画像は必要ありません。一覧にある書類を選んでください。",
        "An image of this document is not wanted for this person. Choose one of the list.",
    ),
    "number-already-given": (
        "番号を提出した後は、画像を取り消せません。撮り直した画像は追加で送れます。",
        "Once the number is given, an image cannot be taken back. You can send a better one besides.",
    ),
    "dependent-invalid": (
        "氏名を入力し、生年月日は今日以前の日、続柄は扶養親族か配偶者にしてください。氏名・カナに個人番号は書かないでください。",
        "Give a name, a birth date not in the future, and dependent or spouse; no Individual Number in name or kana.",
    ),
    "dependent-known": (
        "この人は登録されています。一覧を確認してください。一覧にない場合は会社にお問い合わせください。",
        "This person is on record already. See the list; if they are not in it, ask your company.",
    ),
    "dependents-too-many": (
        "ここで追加できるのは、従業員の家族 20 人まで、配偶者は 1 人までです。会社にお問い合わせください。",
        "Only an employee adds people here: at most 20, and one spouse. Ask your company.",
    ),
    "nothing-given": (
        "まだ何も提出されていません。番号を提出するか、提出しないことを選んでから完了してください。",
        "Nothing was given yet. Give a number, or say that you do not, and then finish.",
    ),
    "receipt-not-there": (
        "受付票は、提出を完了すると表示されます。",
        "The receipt is there once you have finished.",
    ),
    "message-holds-number": (
        "ここに個人番号(マイナンバー)を書かないでください。12桁の数字を消してください。番号は専用の入力欄からだけ提出できます。",
        "Never type an Individual Number here: remove the 12 digits. A number is given in the field for it alone.",
    ),
    "message-invalid": (
        "メッセージは1〜2,000文字で、改行のほかに制御文字を含めないでください。",
        "A message has 1 to 2,000 characters, and no control characters but line ends.",
    ),
    "inquiry-unknown": (
        "この問い合わせはありません。ID を確認してください。",
        "There is no such inquiry. Check its id.",
    ),
    "inquiry-closed": (
        "この問い合わせは終了しています。本人が改めて質問すると再開します。",
        "This inquiry is closed. It opens again when the person asks again.",
    ),
    "inquiry-unread": (
        "まだ読まれていないメッセージがあります。読んでから終了してください。",
        "There are messages nobody has read. Read them, then close the inquiry.",
    ),
    "inquiry-full": (
        "この問い合わせのメッセージは200件に達しました。電話などで連絡してください。",
        "This inquiry has 200 messages. Go on by telephone or in another way.",
    ),
    "inquiry-waits": (
        "送信済みの20件がまだ読まれていません。担当者の返事をお待ちください。",
        "Twenty of your messages are not read yet. Wait for an answer.",
    ),
    "too-many-slots": (
        "一度に提示できる予約枠は 1,000 件までです。分けてください。",
        "At most 1,000 slots are offered at once. Split them.",
    ),
    "slot-unknown": (
        "この予約枠はありません。ID を確認してください。",
        "There is no such slot. Check its id.",
    ),
    "slot-withdrawn": (
        "この予約枠は取り下げられています。別の枠を選んでください。",
        "This slot was withdrawn. Choose another.",
    ),
    "slot-begun": (
        "この予約枠は開始時刻を過ぎています。",
        "This slot has begun already.",
    ),
    "slot-full": (
        "この予約枠は満席です。別の枠を選んでください。",
        "All seats of this slot are taken. Choose another.",
    ),
    "slot-booked": (
        "この予約枠には予約があります。取り下げるには、予約した人へのメッセージ(message)を付けてください。",
        "There are appointments in this slot. To withdraw it, give the message that those people are sent (message).",
    ),
    "appointment-unknown": (
        "この予約はありません(取り消された予約を含む)。",
        "There is no such appointment, or it was cancelled.",
    ),
    "appointment-exists": (
        "この収集にはすでに予約があります。変更するか、取り消してください。",
        "This collection has an appointment already. Move it, or cancel it.",
    ),
    "appointment-there": (
        "予約はすでにこの枠です。別の枠を選んでください。",
        "The appointment is in this slot already. Choose another.",
    ),
    "appointment-begun": (
        "この予約は開始時刻を過ぎています。",
        "This appointment has begun already.",
    ),
    "appointment-late": (
        "この収集は終わっているため、予約できません。",
        "This collection is over, so there is nothing to come for.",
    ),
    "appointment-often": (
        "予約の取り直しが20回に達しました。電話などで連絡してください。",
        "You have booked 20 times. Go on by telephone or in another way.",
    ),
    "kit-sender-missing": (
        "差出人(会社名・返送先・お問い合わせ先)がまだ設定されていません。管理者が設定してください(changeKitSender)。",
        "Nobody said yet who sends: company, return address, contact. Let an administrator say it (changeKitSender).",
    ),
    "kit-sender-invalid": (
        "差出人の設定を確認してください。郵便番号は 7 桁の数字です。",
        "Check the sender; its postal code has seven digits.",
    ),
    "kit-unknown": (
        "この番号のキットはありません。用紙の番号を確認してください。",
        "There is no kit with this code. Check the code on the paper.",
    ),
    "print-unknown": (
        "この発送指示の印刷はありません。ID を確認するか、印刷を依頼してください(printKits)。",
        "Nothing was printed for this order. Check its id, or have it printed (printKits).",
    ),
    "print-kind": (
        "この発送指示はメールで送るものです。印刷できるのは、キット・はがき・QR コードの手紙です。",
        "This order goes out by mail. What is printed are kits, postcards and letters with a QR code.",
    ),
    "print-nothing-waits": (
        "この発送指示に、これから発送するものはありません(発送済み、または取消し)。",
        "Nothing of this order is still to go out: it has gone out, or is void.",
    ),
    "print-deadline-past": (
        "収集の期限が過ぎています。用紙に印字する新しい期限(deadline)を指定してください。",
        "The campaign's deadline has passed. Give the new day that is to be printed (deadline).",
    ),
    "print-file-unknown": (
        "このファイルはありません。まだ印刷中か、削除されています。kitPrint で確認してください。",
        "There is no such file: it is not printed yet, or was deleted. See `kitPrint`.",
    ),
    "unknown-id": (
        "指定されたものは見つかりません。ID を確認してください。",
        "Nothing has this id. Check it.",
    ),
}


def denied(rule: str, ja: str = "", en: str = "") -> Denied:
    """The refusal of a rule; `ja` and `en` add what is particular to this case.

    Raises:
        KeyError: no message is written for the rule, which a test makes sure of.
    """
    message_ja, message_en = _MESSAGES[rule]
    return Denied(rule, message_ja + ja, f"{message_en} {en}" if en else message_en)


def described() -> frozenset[str]:
    """The rules that have a message."""
    return frozenset(_MESSAGES)
