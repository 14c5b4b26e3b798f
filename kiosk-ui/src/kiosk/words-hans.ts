export const hans = {
  // everywhere
  person: '请人帮忙', back: '返回', next: '下一步', skip: '跳过', done: '完成', again: '再试一次', none: '没有', close: '知道了',
  view: '显示', large: '大字', contrast: '高对比', low: '低位操作', assist: '我需要协助', language: '语言', wait: '请稍等…', clear: '清除', del: '删除',
  step: '第 {n} 步，共 {of} 步',
  // greeting
  welcome: '您好，欢迎光临', welcomeTo: '欢迎来到{shop}', start: '开始', touch: '请轻触您的语言开始',
  closed: '自助接车暂停使用', closedHint: '请到前台，我们马上为您办理。',
  why_disk_full: '本机暂时无法保存记录。', why_cabinet_offline: '钥匙柜暂时没有连接。', why_no_cabinet: '这里没有钥匙柜，请到前台交钥匙。', why_starting: '系统正在启动，请稍等。',
  // purpose
  purposeAsk: '请问您今天需要什么服务？',
  p_repair: '维修', p_maintenance: '保养', p_diagnosis: '检测', p_quote: '估价', p_enquiry: '咨询', p_appointment: '预约', p_pickup: '取车', p_complaint: '意见投诉',
  h_repair: '车有问题，请修好', h_maintenance: '定期保养', h_diagnosis: '先查明原因', h_quote: '先了解价格', h_enquiry: '只问一个问题', h_appointment: '我有预约，或想预约', h_pickup: '我来取回车钥匙', h_complaint: '我不满意',
  appointmentTitle: '预约', appointmentText: '查预约或约时间，请到前台，我们为您确认具体日期和时间。如果车已经到店，也可以现在直接办理。', checkinNow: '现在办理接车',
  enquiryTitle: '请到前台咨询', enquiryText: '我们的同事很乐意回答您的问题。咨询不需要登记任何个人信息。',
  complaintTitle: '对不起，让您不满意了', complaintText: '请到前台，我们马上安排专人听您说明：24 小时内答复，72 小时内处理完毕并告诉您结果。您不需要在这里填写任何信息。',
  // plate
  plateAsk: '请输入车牌号', plateHint: '先选省份，再输入字母和数字', foreign: '境外或其他车牌', mainland: '大陆车牌', noPlate: '还没有车牌', plateShow: '候车看板上显示',
  showMasked: '部分车牌', showTicket: '只显示票号', plateEmpty: '还没有输入',
  // phone
  phoneAsk: '请留一个电话，车好了通知您', phoneHint: '可以不填。只用于这次服务，不会出现在公共屏幕上。', phoneSkip: '不留电话', phoneBad: '号码好像不完整，请看一下。',
  // what is wrong
  wrongAsk: '车有什么情况？', wrongHint: '可以选多项，也可以自己写', wrongWords: '自己写（可不填）',
  t_service: '定期保养', t_engine_light: '故障灯亮', t_noise: '有异响', t_brakes: '刹车', t_starting: '难启动', t_power: '没力', t_shaking: '抖动', t_leak: '漏油漏水', t_tyres: '轮胎', t_air_con: '空调', t_electrics: '灯光电器', t_body: '车身外观',
  // walk-round
  walkAsk: '请和我们一起看一下车', walkHint: '哪里原来就有划痕或损伤？请点一下位置', walkNone: '没有发现损伤', walkWhat: '{zone}：是什么情况？', walkMarked: '下一步（已标记 {n} 处）', remove: '去掉标记',
  z_front: '车头', z_rear: '车尾', z_left: '左侧', z_right: '右侧', z_roof: '车顶', z_glass: '玻璃', z_wheels: '车轮', z_interior: '内饰', z_instruments: '仪表', z_seats: '座椅',
  k_scratch: '划痕', k_dent: '凹陷', k_crack: '裂纹', k_stain: '污渍', k_worn: '磨损',
  // belongings
  thingsAsk: '车里留有物品吗？', thingsHint: '请选出留在车里的物品，取车时我们按这份清单清点', thingsNone: '车里没有物品',
  b_tools: '随车工具', b_spare: '备胎', b_documents: '证件', b_electronics: '电子设备', b_child_seat: '儿童座椅', b_umbrella: '雨伞', b_bag: '包', b_other: '其他物品',
  // order
  orderAsk: '请看一下您的维修单', total: '合计', promised: '预计交车', agree: '同意，去签字', decline: '不同意，不修了', orderChanged: '显示的内容和系统记录不一致，请不要签字，请联系前台。',
  consentAsk: '可以连接您的车，读取故障信息吗？', consentYes: '同意读取', consentNo: '不要读取', signAsk: '请在框内签字', signHint: '您签的就是前一页的维修单。', signClear: '重签', sign: '确认签字', readAgain: '再看维修单',
  needConsent: '请先选择是否同意读取。', needSign: '请在框内签字。', signPad: '签字框，请用手指书写',
  // key
  keyAsk: '请把钥匙挂进钥匙柜', keyHint: '准备好钥匙后，按下面的按钮，为您打开一格。', keyOpen: '打开钥匙格', opening: '正在打开 {slot} 号格…', hang: '{slot} 号格已打开，请挂上钥匙', keySeen: '钥匙已挂好，请关上柜门', closing: '已收到，正在登记…', slot: '号格',
  keyFailed: '{slot} 号格没有打开', keyFailedHint: '请再试一次，会打开另一格。还是打不开，请呼叫工作人员。', keyUnknown: '不能确定 {slot} 号格有没有打开', keyUnknownHint: '请看一下柜子，再请前台同事处理，不要离开钥匙。', keyHung: '我已挂好并关门',
  keyAway: '请先拿好钥匙；一直这样，请呼叫工作人员。', keyStays: '请再试一次。还是打不开，请呼叫工作人员，钥匙在里面很安全。', keyMissing: '柜门关上了，但没有感应到钥匙。', keyMissingHint: '请再打开，把钥匙挂在钩子上。',
  // all done
  keyWrong: '{other} 号格里挂了一把钥匙', keyWrongHint: '您的是 {slot} 号格，请把钥匙移过去。', keyDoor: '请关好 {slot} 号格的门', keyBack: '钥匙又被取出', keyBackHint: '请重新挂入 {slot} 号格；如果要带走，请呼叫工作人员。', why_not_commissioned: '钥匙柜还没有调试好。', e_wait: '取车码输错次数太多。请等几分钟，或到前台询问。', e_used: '这个取车码已经用过，请到前台询问。',
  doneTitle: '手续全部办完，谢谢您', yourTicket: '您的票号', code: '取车码', codeHint: '取车时请出示二维码或输入取车码。请拍下来。', loungeHint: '请到休息区稍候，看板会显示进度。', qr: '取车二维码',
  declinedTitle: '好的，不维修', declinedText: '谢谢您来。您的车没有做任何维修。离店手续请到前台，欢迎随时再来。',
  // pick-up
  codeAsk: '请输入取车码', codeScan: '也可以把二维码对准读码器', codeBad: '没有找到这个取车码，请核对一下。', notReady: '您的车还没有准备好', notReadyHint: '请看候车看板，或到前台询问。',
  nr_not_settled: '请先到收银处结算。', nr_no_gatepass: '请先到前台领取出厂通知单。', nr_not_inspected: '还在做质量检验。', nr_in_work: '还在维修。',
  reviewAsk: '您的车已经修好', workDone: '做了这些', before: '维修前', after: '维修后', noCodes: '车辆没有报告故障', changes: '车辆之前和现在报告的情况', notWhole: '车上有部分没有回答', ch_gone: '不再报告', ch_untested: '不再报告，还要在行驶中确认', ch_still: '仍在', ch_new: '新出现', ch_unknown: '现在不能确定', notScanned: '没有读取', moreCodes: '还有 {n} 项', takeKey: '签字取钥匙', pickSign: '请签字确认取车', pickSignHint: '签字表示您已取回车辆和物品。', getKey: '打开钥匙格', take: '{slot} 号格已打开，请取走钥匙', taken: '请关上柜门', 
  rateAsk: '您对这次服务满意吗？', rateSkip: '不评价', star: '{n} 分', r1: '很不满意', r2: '不满意', r3: '一般', r4: '满意', r5: '很满意',
  receipt: '您的凭证：一天内可用手机扫描下载。', receiptAsk: '您的凭证可向前台索取。',
  bye: '请走好，祝一路平安！', byeHint: '谢谢您的光临，再见。',
  // idle, help, trouble
  idleAsk: '您还在吗？', idleText: '{n} 秒后将清除屏幕上的内容。', idleHere: '我还在', wiped: '正在清除…',
  helpTitle: '请人帮忙', helpCalled: '已经通知同事，马上过来。', helpDesk: '请到前台，我们的同事马上帮您。', helpAssist: '如果您需要更多协助，请告诉我们。只有前台同事能看到。',
  e_network: '暂时连不上系统，请稍等或到前台办理。', e_full: '本机暂时无法保存记录，请到前台办理。', e_cabinet: '钥匙柜暂时不能用，请到前台办理。', e_moved: '情况刚刚有变化，请再试一次。', e_other: '没有成功，请再试一次，或到前台办理。', e_full_slots: '钥匙柜已满，请把钥匙交给前台。',
};
